import { Confirms } from '../src/amqp/confirms.ts'
import { Broker } from '../src/broker/broker.ts'
import { Groups } from '../src/broker/group/groups.ts'
import { Part, Record } from '../src/broker/records.ts'
import { Partition } from '../src/core/partition/partition.ts'
import { Producers } from '../src/core/partition/producers.ts'
import { Queue } from '../src/core/queue/queue.ts'
import { Replies } from '../src/kafka/replies.ts'
import { Heap } from '../src/std/heap.ts'
import type { Fold } from '../src/store/fold.ts'
import { Journal } from '../src/store/journal.ts'
import { JournalFiles } from '../src/store/journal-files.ts'
import { SimFile } from './disk.ts'
import { SimSocket } from './net.ts'
import type { Swarm } from './swarm.ts'

/** A bug planted into the broker while a simulation runs: one that is not found says that the simulator is blind. */
export interface Mutant {
  readonly name: string
  /** Where it shows best. */
  readonly swarm: Partial<Swarm>
  /** Plants the bug. */
  plant(): void
}

type Method = (this: never, ...args: never[]) => unknown

const planted: (() => void)[] = []

/** Takes all bugs out again. */
export function uproot(): void {
  for (const undo of planted.splice(0).reverse()) undo()
}

/** Puts another method, or getter, in the place of one; it gets the one that was there. */
function replace(of: { prototype: object }, name: string, make: (original: Method) => Method, getter = false): void {
  const { prototype } = of
  const before = Object.getOwnPropertyDescriptor(prototype, name)
  if (before === undefined) throw new Error(`there is no ${name} to plant a bug in`)
  if (getter) Object.defineProperty(prototype, name, { ...before, get: make(before.get as Method) as () => unknown })
  else Object.defineProperty(prototype, name, { ...before, value: make(before.value as Method) })
  planted.push(() => Object.defineProperty(prototype, name, before))
}

/** Much that comes and goes in queues, and checkpoints all the time. */
const TIDY = {
  kills: 0,
  largest: 4000,
  growth: 4096,
  publishers: 4,
  consumers: 6,
  queues: 3,
  producers: 0,
  readers: 0,
  members: 0,
}
const CRASHES = { crashEvery: 100, kills: 0.2 }

export const MUTANTS: readonly Mutant[] = [
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
    name: 'the journal says durable without a sync',
    swarm: CRASHES,
    plant() {
      replace(
        Journal,
        'syncNext',
        () =>
          function (this: { durable: number; written: number; finish(): void }) {
            this.durable = this.written
            this.finish()
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
    name: 'output is reused while the kernel has not taken it',
    swarm: { stuffed: 0.5 },
    plant() {
      replace(SimSocket, 'pending', () => () => 0, true)
    },
  },
  {
    name: 'a checkpoint has a stale part',
    swarm: { ...CRASHES, growth: 4096 },
    plant() {
      let stale: { kind: number; bytes: Uint8Array; consistent: boolean }[] = []
      replace(
        Broker,
        'snapshot',
        (original) =>
          function* (this: Broker): Generator<unknown> {
            const fresh: typeof stale = []
            for (const part of Reflect.apply(original, this, []) as Iterable<(typeof stale)[number]>) {
              if (part.kind === Part.queue || part.kind === Part.partition) fresh.push(part)
              else yield part
            }
            yield* stale
            stale = fresh
          },
      )
    },
  },
  {
    name: 'a checkpoint is not synced before it gets its name',
    swarm: { ...CRASHES, growth: 4096 },
    plant() {
      replace(
        SimFile,
        'syncAsync',
        (original) =>
          function (this: SimFile, done: (error: null) => void) {
            if (this.path.startsWith('checkpoint')) this.disk.clock.after(0, () => done(null))
            else Reflect.apply(original, this, [done])
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
        Queue,
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
    name: 'recovery skips a record now and then',
    swarm: CRASHES,
    plant() {
      let n = 0
      replace(
        Broker,
        'fold',
        (original) =>
          function (this: Broker) {
            const fold = Reflect.apply(original, this, []) as Fold
            const record: Fold['record'] = (...args) => {
              if (++n % 40 !== 0) fold.record(...args)
            }
            return { ...fold, record }
          },
      )
    },
  },
  {
    name: 'a journal file is used again before what emptied it is durable',
    swarm: { ...TIDY, crashEvery: 40, slowestDisk: 20 },
    plant() {
      replace(
        JournalFiles,
        'sweep',
        (original) =>
          function (this: JournalFiles) {
            const everything = Number.MAX_SAFE_INTEGER
            return Reflect.apply(original, this, [everything, everything])
          },
      )
    },
  },
  {
    name: 'a moved record points to where its bytes are not',
    swarm: { largest: 1000 },
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

/** Recovery passes over one type of records, as if they had not been written. */
function ignoreRecords(ignored: number): void {
  replace(
    Broker,
    'fold',
    (original) =>
      function (this: Broker) {
        const fold = Reflect.apply(original, this, []) as Fold
        const record: Fold['record'] = (type, ...rest) => {
          if (type !== ignored) fold.record(type, ...rest)
        }
        return { ...fold, record }
      },
  )
}
