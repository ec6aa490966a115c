import { Confirms } from '../../src/amqp/confirms.ts'
import { Record } from '../../src/broker/records.ts'
import { Reader } from '../../src/broker/stream/reader.ts'
import { BatchBuilder } from '../../src/core/partition/batch-builder.ts'
import { Partition } from '../../src/core/partition/partition.ts'
import { CRASHES, ignoreRecords, type Mutant, replace } from '../mutant.ts'

/** Streams, and little else. */
const STREAMS = { streams: 3, queues: 0, publishers: 0, consumers: 0, producers: 0, readers: 0, members: 0, workers: 0 }

export const STREAM_MUTANTS: readonly Mutant[] = [
  {
    name: 'what streams take is confirmed before it is in the journal',
    swarm: { ...STREAMS, ...CRASHES, slowestDisk: 20 },
    plant() {
      replace(
        Confirms,
        'endTurn',
        (original) =>
          function (this: Confirms, position: number) {
            this.late = false
            return Reflect.apply(original, this as never, [position])
          },
      )
    },
  },
  {
    name: 'a consumer of a stream begins one offset late',
    swarm: STREAMS,
    plant() {
      replace(
        Reader,
        'begin',
        (original) =>
          function (this: Reader, offset: number, whole: boolean) {
            return Reflect.apply(original, this as never, [offset + 1, whole])
          },
      )
    },
  },
  {
    name: 'AMQP reads of a stream what is not durable',
    swarm: { ...STREAMS, ...CRASHES, slowestDisk: 20 },
    plant() {
      replace(
        Partition,
        'lastStableOffset',
        () =>
          function (this: Partition) {
            return this.endOffset
          },
        true,
      )
    },
  },
  {
    name: 'a stream leaves a message out where a batch gets long',
    swarm: STREAMS,
    plant() {
      replace(
        BatchBuilder,
        'seal',
        (original) =>
          function (this: BatchBuilder, now: number) {
            if (this.count > 4) this.count--
            return Reflect.apply(original, this as never, [now])
          },
      )
    },
  },
  {
    name: 'a restart forgets where the log of a stream begins',
    swarm: { ...STREAMS, ...CRASHES, growth: 64 * 1024 },
    plant() {
      ignoreRecords(Record.logStart)
    },
  },
]
