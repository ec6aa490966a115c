import { type Admitted, admit, type Entry } from './admit.ts'
import { type Aborted, Cleaner, type CleanTime, type Mapped } from './cleaner.ts'
import { firstSince, latestIn, recordsOf, type Stamp } from './records.ts'

/** Work on the records of batches that is too much for the loop. A cleaning is several tasks, one after the other. */
export type BatchTask =
  | { readonly kind: 'first-since'; readonly bytes: Uint8Array; readonly timestamp: number; readonly from: number }
  | { readonly kind: 'latest'; readonly bytes: Uint8Array }
  | { readonly kind: 'unpack'; readonly bytes: Uint8Array }
  | { readonly kind: 'admit'; readonly bytes: Uint8Array; readonly entry: Entry }
  | { readonly kind: 'clean'; readonly memory: number }
  | { readonly kind: 'map'; readonly bytes: Uint8Array; readonly aborted: readonly Aborted[] }
  | {
      readonly kind: 'filter'
      readonly bytes: Uint8Array
      readonly aborted: readonly Aborted[]
      readonly time: CleanTime
    }
  | { readonly kind: 'cleaned' }

/** What comes of each kind of task. */
export interface BatchResults {
  'first-since': Stamp | null
  latest: Stamp
  /** The records, one after the other; null if they can't be read. */
  unpack: Uint8Array | null
  admit: Admitted
  clean: null
  map: Mapped
  filter: Uint8Array | null
  cleaned: null
}

/** Does tasks, in a thread of its own or, in the simulator, on the loop. One cleaning at a time. */
export class BatchWork {
  private cleaner: Cleaner | null = null

  run(task: BatchTask): BatchResults[BatchTask['kind']] {
    switch (task.kind) {
      case 'first-since':
        return firstSince(task.bytes, 0, task.timestamp, task.from)
      case 'latest':
        return latestIn(task.bytes, 0)
      case 'unpack':
        return recordsOf(task.bytes, 0)?.bytes ?? null
      case 'admit':
        return admit(task.bytes, 0, task.entry)
      case 'clean':
        this.cleaner = new Cleaner(task.memory)
        return null
      case 'map':
        return this.cleaning.map(task.bytes, task.aborted)
      case 'filter':
        return this.cleaning.filter(task.bytes, task.aborted, task.time)
      case 'cleaned':
        this.cleaner = null
        return null
    }
  }

  private get cleaning(): Cleaner {
    if (this.cleaner === null) throw new Error('no cleaning has begun here')
    return this.cleaner
  }
}
