import { RecordCheck } from '../../src/broker/contract/check-records.ts'
import { appendBatch } from '../../src/broker/topic/append.ts'
import type { Topic } from '../../src/broker/topic/topic.ts'
import type { Topics } from '../../src/broker/topic/topics.ts'
import type { Partition } from '../../src/core/partition/partition.ts'
import { ProduceRun } from '../../src/kafka/produce.ts'
import type { Slice } from '../../src/wire/kafka/schema.ts'
import { CRASHES, type Mutant, replace } from '../mutant.ts'

/** Nobody else is there. */
const ALONE = { queues: 0, readers: 0, steward: false, passing: false, streams: 0, tables: 0, registrar: false }
const CONTRACTED = { ...CRASHES, ...ALONE, contracted: true }

export const CONTRACT_MUTANTS: readonly Mutant[] = [
  {
    name: 'a rejected record is kept',
    swarm: CONTRACTED,
    plant() {
      replace(
        ProduceRun,
        'askContract',
        (original) =>
          function (this: { call: { front: { topics: Topics } } }, ...args: unknown[]) {
            const answer = Reflect.apply(original, this as never, args as never) as unknown
            const [topic, , partition, , records] = args as [Topic, unknown, Partition, unknown, Slice]
            if (typeof answer === 'object' && answer !== null)
              appendBatch(this.call.front.topics, topic, partition, records.bytes, records.at, records.length)
            return answer
          } as never,
      )
    },
  },
  {
    name: 'of a batch only the first record is looked into',
    swarm: CONTRACTED,
    plant() {
      replace(
        RecordCheck,
        'look',
        (original) =>
          function (this: { index: number }) {
            return this.index === 0 ? Reflect.apply(original, this as never, []) : null
          } as never,
      )
    },
  },
]
