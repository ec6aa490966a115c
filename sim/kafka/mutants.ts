import { Groups } from '../../src/broker/group/groups.ts'
import { Record } from '../../src/broker/records.ts'
import { Partition } from '../../src/core/partition/partition.ts'
import { Producers } from '../../src/core/partition/producers.ts'
import { Replies } from '../../src/kafka/replies.ts'
import { CRASHES, ignoreRecords, type Mutant, replace } from '../mutant.ts'

export const KAFKA_MUTANTS: readonly Mutant[] = [
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
