import { Confirms } from '../../src/amqp/confirms.ts'
import type { Front } from '../../src/amqp/front.ts'
import { type PendingPublish, Transaction } from '../../src/amqp/transaction.ts'
import { Record } from '../../src/broker/records.ts'
import { Reader } from '../../src/broker/stream/reader.ts'
import { Topics } from '../../src/broker/topic/topics.ts'
import { BatchBuilder } from '../../src/core/partition/batch-builder.ts'
import { Partition } from '../../src/core/partition/partition.ts'
import type { Queue } from '../../src/core/queue/queue.ts'
import { CRASHES, ignoreRecords, ignoreRecordsWhere, type Mutant, replace } from '../mutant.ts'

/** Streams, and little else. */
const STREAMS = { streams: 3, queues: 0, publishers: 0, consumers: 0, producers: 0, readers: 0, members: 0, workers: 0 }

export const STREAM_MUTANTS: readonly Mutant[] = [
  {
    name: 'what streams take is confirmed before it is in the journal',
    swarm: { ...STREAMS, ...CRASHES, crashEvery: 30, slowestDisk: 20 },
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
    name: 'a deleted stream comes back with the broker',
    swarm: { ...STREAMS, ...CRASHES, steward: false, checks: 0 },
    plant() {
      ignoreRecordsWhere((type, record) => {
        const text = Buffer.from(record)
        return (
          (type === Record.definition && text.includes('queue-gone')) ||
          (type === Record.topic && text.includes('"op":"delete"'))
        )
      })
    },
  },
  {
    name: 'what a transaction publishes to a stream does not wait for its commit',
    swarm: STREAMS,
    plant() {
      replace(
        Transaction,
        'publish',
        (original) =>
          function (this: { front: Front }, publish: PendingPublish, bytes: number) {
            const isStream = (queue: Queue) => queue.settings.type === 'stream'
            for (const queue of publish.queues.filter(isStream)) this.front.broker.streams?.add(queue, publish.message)
            const queues = publish.queues.filter((queue) => !isStream(queue))
            Reflect.apply(original, this as never, [{ ...publish, queues } as never, bytes as never])
          },
      )
    },
  },
  {
    name: 'what a transaction publishes to each stream is an entry of its own',
    swarm: { ...STREAMS, ...CRASHES, crashEvery: 30, atOnce: 8192 },
    plant() {
      replace(
        Topics,
        'appended',
        (original) =>
          function (this: Topics, partition: Partition) {
            Reflect.apply(original, this as never, [partition as never])
            this.broker.store.journal.commit(false)
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
