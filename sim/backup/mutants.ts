import { Backup } from '../../src/server/backup.ts'
import type { HeldFile } from '../../src/store/held-files.ts'
import { Store } from '../../src/store/store.ts'
import { CRASHES, type Mutant, replace } from '../mutant.ts'

/** Backups, and much that comes and goes beside them. */
const BACKUPS = { backups: true, publishers: 4, consumers: 4, queues: 3, largest: 1000, growth: 4096 }

export const BACKUP_MUTANTS: readonly Mutant[] = [
  {
    name: 'a file of the journal is used again while a backup copies it',
    swarm: { ...BACKUPS, slowestDisk: 20, crashEvery: 0, kills: 0 },
    plant() {
      replace(
        Store,
        'hold',
        (original) =>
          function (this: Store) {
            const held = Reflect.apply(original, this as never, []) as HeldFile[]
            for (const { release } of held) release()
            return held.map((file) => ({ ...file, release: () => {} }))
          },
      )
    },
  },
  {
    name: 'a backup has what was written while it was made',
    swarm: { ...BACKUPS, slowestDisk: 20 },
    plant() {
      replace(
        Store,
        'hold',
        (original) =>
          function (this: Store) {
            const held = Reflect.apply(original, this as never, []) as HeldFile[]
            return held.map((file) => ({ ...file, length: Number.POSITIVE_INFINITY }))
          },
      )
    },
  },
  {
    name: 'a backup counts as one before all of it is there',
    swarm: { ...BACKUPS, ...CRASHES, crashEvery: 400, slowestDisk: 20 },
    plant() {
      replace(
        Backup,
        'next',
        (original) =>
          function (this: { mark(done: (error: Error | null) => void): void; marked?: true }) {
            if (this.marked === true) {
              Reflect.apply(original, this as never, [])
              return
            }
            this.marked = true
            this.mark(() => Reflect.apply(original, this as never, []))
          },
      )
    },
  },
]
