import { Broker } from '../../src/broker/broker.ts'
import { Part } from '../../src/broker/records.ts'
import { Journal } from '../../src/store/journal.ts'
import { JournalFiles } from '../../src/store/journal-files.ts'
import { Segments } from '../../src/store/segments.ts'
import { SimFile } from '../disk.ts'
import { CRASHES, ignoreRecordsWhere, type Mutant, replace } from '../mutant.ts'
import { SimSocket } from '../net.ts'

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

/** What the planted bugs need of a journal. */
interface Syncing {
  readonly written: number
  onFileSynced(sync: object, error: Error | null): void
}

export const STORE_MUTANTS: readonly Mutant[] = [
  {
    name: 'the journal says durable without a sync',
    swarm: CRASHES,
    plant() {
      replace(
        Journal,
        'syncNext',
        () =>
          function (this: Syncing, sync: { file: number }) {
            sync.file = Number.MAX_SAFE_INTEGER
            this.onFileSynced(sync, null)
          },
      )
    },
  },
  {
    name: 'a sync is taken for what was written while it was under way',
    rare: true,
    swarm: { ...CRASHES, crashEvery: 40, atOnce: 8192 },
    plant() {
      replace(
        Journal,
        'onFileSynced',
        (original) =>
          function (this: Syncing, sync: { to: number }, error: Error | null) {
            sync.to = this.written
            Reflect.apply(original, this, [sync, error])
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
    name: 'recovery skips a record now and then',
    swarm: CRASHES,
    plant() {
      let n = 0
      ignoreRecordsWhere(() => ++n % 40 === 0)
    },
  },
  {
    name: 'a journal file is used again before what emptied it is durable',
    rare: true,
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
    name: 'a segment is deleted before what emptied it is durable',
    rare: true,
    swarm: { ...TIDY, crashEvery: 150, slowestDisk: 20 },
    plant() {
      replace(
        Segments,
        'step',
        (original) =>
          function (this: Segments) {
            const everything = Number.MAX_SAFE_INTEGER
            return Reflect.apply(original, this, [everything, everything])
          },
      )
    },
  },
  {
    name: 'entries are moved before their copies are on the disk',
    swarm: { ...TIDY, crashEvery: 40 },
    plant() {
      replace(
        SimFile,
        'syncAsync',
        (original) =>
          function (this: SimFile, done: (error: null) => void) {
            if (this.path.startsWith('segment')) this.disk.clock.after(0, () => done(null))
            else Reflect.apply(original, this, [done])
          },
      )
    },
  },
]
