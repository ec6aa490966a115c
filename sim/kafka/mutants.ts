import { Groups } from '../../src/broker/group/groups.ts'
import { Record } from '../../src/broker/records.ts'
import type { TopicFact } from '../../src/broker/topic/topic-record.ts'
import { Topics } from '../../src/broker/topic/topics.ts'
import { Partition } from '../../src/core/partition/partition.ts'
import { PartitionIndex } from '../../src/core/partition/partition-index.ts'
import { Producers } from '../../src/core/partition/producers.ts'
import { Replies } from '../../src/kafka/replies.ts'
import { CRASHES, ignoreRecords, type Mutant, replace } from '../mutant.ts'

/** Trims and deletions, and little else. */
const PASSING = { ...CRASHES, passing: true, producers: 0, readers: 0, members: 0 }

export const KAFKA_MUTANTS: readonly Mutant[] = [
  {
    name: 'a log that was trimmed begins at its old start after a crash',
    swarm: PASSING,
    plant() {
      ignoreRecords(Record.logStart)
    },
  },
  {
    name: 'a deleted topic comes back',
    swarm: PASSING,
    plant() {
      replace(
        Topics,
        'apply',
        (original) =>
          function (this: Topics, fact: TopicFact, position: number) {
            // While nobody is connected the journal is replayed.
            if (fact.op !== 'delete' || this.broker.turn !== undefined) Reflect.apply(original, this, [fact, position])
          },
      )
    },
  },
  {
    name: 'a trim lets go of a batch too many',
    swarm: PASSING,
    plant() {
      replace(
        PartitionIndex,
        'trimBefore',
        (original) =>
          function (this: PartitionIndex, offset: number, limit: number, dropped: () => void) {
            return Reflect.apply(original, this, [offset + 1, limit, dropped])
          },
      )
    },
  },
  {
    name: 'the high watermark is above what is durable',
    swarm: { ...CRASHES, producers: 3, readers: 3, members: 0 },
    plant() {
      replace(
        Partition,
        'await',
        (original) =>
          function (this: Partition, position: number) {
            Reflect.apply(original, this, [position])
            this.highWatermark = this.endOffset
          },
      )
    },
  },
  {
    name: 'sequence numbers of producers are not checked',
    swarm: { producers: 3, readers: 2, queues: 0, publishers: 0, consumers: 0 },
    plant() {
      replace(Producers, 'check', () => () => ({ verdict: 'append' }))
    },
  },
  {
    name: 'Kafka is answered before the journal is durable',
    swarm: { ...CRASHES, producers: 3, readers: 2, members: 2 },
    plant() {
      replace(
        Replies,
        'send',
        (original) =>
          function (this: Replies, writer: unknown) {
            return Reflect.apply(original, this, [writer, 0])
          },
      )
    },
  },
  {
    name: 'committed offsets are not journalled',
    swarm: { ...CRASHES, producers: 1, readers: 1, members: 3 },
    plant() {
      ignoreRecords(Record.offsets)
    },
  },
  {
    name: 'a group does not remember its generation',
    swarm: { ...CRASHES, producers: 1, readers: 1, members: 3 },
    plant() {
      replace(
        Groups,
        'restore',
        () =>
          function (this: Groups) {
            this.byName.clear()
          },
      )
    },
  },
]
