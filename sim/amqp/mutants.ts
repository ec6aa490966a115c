import { Confirms } from '../../src/amqp/confirms.ts'
import { HEAD } from '../../src/broker/queue/range-record.ts'
import { Record } from '../../src/broker/records.ts'
import { Queue, type QueueSettings } from '../../src/core/queue/queue.ts'
import type { QueueIndex } from '../../src/core/queue/queue-index.ts'
import { InSequence } from '../../src/core/queue/ready.ts'
import { ByPriority } from '../../src/core/queue/ready-by-priority.ts'
import { getU48 } from '../../src/std/bytes.ts'
import { Heap } from '../../src/std/heap.ts'
import { CRASHES, ignoreRecords, ignoreRecordsWhere, type Mutant, replace, replaceFold } from '../mutant.ts'

/** Queues of all kinds, and little else. */
const QUEUES = { publishers: 3, consumers: 5, queues: 4, producers: 0, readers: 0, members: 0, largest: 200 }

export const AMQP_MUTANTS: readonly Mutant[] = [
  {
    name: 'publishers are confirmed before the sync',
    swarm: { ...CRASHES, publishers: 3, queues: 2 },
    plant() {
      replace(
        Confirms,
        'note',
        (original) =>
          function (this: Confirms, upTo: number) {
            this.position = 0
            return Reflect.apply(original, this, [upTo])
          },
      )
    },
  },
  {
    name: 'settlements are not journalled',
    swarm: { ...CRASHES, publishers: 3, consumers: 3, queues: 2 },
    plant() {
      ignoreRecords(Record.settle)
    },
  },
  {
    name: 'what is requeued comes last',
    swarm: { publishers: 3, consumers: 4, queues: 3, producers: 0, readers: 0, members: 0 },
    plant() {
      const none = new Heap()
      replace(
        InSequence,
        'peek',
        (original) =>
          function (this: { requeued: Heap }) {
            const { requeued } = this
            this.requeued = none
            const sequence = Reflect.apply(original, this as never, []) as number
            this.requeued = requeued
            return sequence >= 0 ? sequence : Reflect.apply(original, this as never, [])
          },
      )
    },
  },
  {
    name: 'a moved record points to where its bytes are not',
    swarm: { largest: 300 },
    plant() {
      replace(
        Queue,
        'move',
        (original) =>
          function (this: Queue, sequence: number, place: number, position: number) {
            return Reflect.apply(original, this, [sequence, place, position + 8])
          },
      )
    },
  },
  {
    name: 'a message that comes back in a queue with priorities goes last',
    swarm: QUEUES,
    plant() {
      replace(
        ByPriority,
        'returned',
        () =>
          function (this: { index: QueueIndex; added(sequence: number, priority: number): void }, sequence: number) {
            this.added(sequence, this.index.priority(sequence))
          },
      )
    },
  },
  {
    name: 'recovery forgets priorities',
    swarm: { ...QUEUES, ...CRASHES },
    plant() {
      replace(
        Queue,
        'recovered',
        (original) =>
          function (this: Queue, ...args: never[]) {
            const { index } = this
            for (let at = index.nextLive(0); at < index.tail; at = index.nextLive(at + 1)) index.setPriority(at, 0)
            return Reflect.apply(original, this as never, args)
          },
      )
    },
  },
  {
    name: 'deliveries of quorum queues are not journalled',
    swarm: { ...QUEUES, ...CRASHES },
    plant() {
      ignoreRecords(Record.handed)
    },
  },
  {
    name: 'counts of quorum queues are not journalled',
    swarm: { ...QUEUES, ...CRASHES },
    plant() {
      ignoreRecords(Record.counted)
    },
  },
  {
    name: 'a message that was given back counts for nothing',
    swarm: QUEUES,
    plant() {
      replace(Queue, 'handouts', () => () => 0)
    },
  },
  {
    name: 'the delivery limit is one too high',
    swarm: QUEUES,
    plant() {
      replace(
        Queue,
        'comeBack',
        (original) =>
          function (this: { settings: QueueSettings }, ...args: never[]) {
            const { settings } = this
            this.settings = { ...settings, deliveryLimit: settings.deliveryLimit + 1 }
            const fate = Reflect.apply(original, this as never, args)
            this.settings = settings
            return fate
          },
      )
    },
  },
  {
    name: 'what leaves a queue many at a time is not remembered, as in a purge',
    swarm: { ...QUEUES, ...CRASHES },
    plant() {
      // Of the first range, where both ends stand.
      ignoreRecordsWhere(
        (type, record) => type === Record.settle && getU48(record, HEAD + 6) - getU48(record, HEAD) >= 8,
      )
    },
  },
  {
    name: 'a deleted queue comes back with the broker',
    swarm: { ...QUEUES, ...CRASHES },
    plant() {
      ignoreRecordsWhere((type, record) => type === Record.definition && Buffer.from(record).includes('queue-gone'))
    },
  },
  {
    name: 'what policies say counts after a replay, not while it goes on',
    swarm: { ...QUEUES, ...CRASHES, policies: true },
    plant() {
      replaceFold((broker, pass) => (...args) => {
        for (const queue of broker.queuesById.values()) queue.policyEpoch = broker.policyEpoch
        pass(...args)
      })
    },
  },
  {
    name: 'a dead letter stays in its queue, too',
    swarm: QUEUES,
    plant() {
      replace(
        Queue,
        'remove',
        (original) =>
          function (this: Queue & { lately?: number }, sequence: number) {
            if (!this.dying.some((one) => one.sequence === sequence))
              return Reflect.apply(original, this as never, [sequence])
            this.requeue(sequence)
            return false
          },
      )
    },
  },
]
