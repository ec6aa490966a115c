import type { SimClock } from '../clock.ts'
import { SimDisk } from '../disk.ts'
import { rule } from '../failure.ts'
import { Inode } from '../inode.ts'
import type { Dice } from '../random.ts'
import type { RecordedEvent } from './event.ts'

/** Does again, on a simulated disk, what a real process did to its own: at each moment that disk can tell what a power loss would leave. */
export class Replay {
  readonly disk: SimDisk
  /** Bytes sent so far, by connection. */
  readonly sent = new Map<string, number>()
  private readonly files = new Map<number, Inode>()
  private readonly syncs = new Map<number, { inode: Inode; mark: number }>()

  constructor(clock: SimClock, dice: Dice) {
    this.disk = new SimDisk(clock, dice)
  }

  step(event: RecordedEvent): void {
    const { names } = this.disk
    switch (event.kind) {
      case 'directory':
        if (!names.seen.directories.has(event.path)) names.do({ kind: 'directory', path: event.path })
        break
      case 'create': {
        const there = names.seen.files.get(event.path)
        if (there !== undefined) there.truncate(0)
        else names.do({ kind: 'create', path: event.path, inode: new Inode() })
        break
      }
      case 'rename':
        names.do({ kind: 'rename', from: event.from, to: event.to })
        break
      case 'remove':
        names.do({ kind: 'remove', path: event.path })
        break
      case 'directory synced':
        names.settle(event.path)
        break
      case 'open': {
        const inode = names.seen.files.get(event.path)
        rule(inode !== undefined, `${event.path} was opened and is not there`)
        this.files.set(event.file, inode)
        break
      }
      case 'write':
        this.files.get(event.file)!.write(event.bytes, 0, event.bytes.length, event.position)
        break
      case 'truncate':
        this.files.get(event.file)!.truncate(event.size)
        break
      case 'sync': {
        const inode = this.files.get(event.file)!
        this.syncs.set(event.sync, { inode, mark: inode.mark() })
        break
      }
      case 'synced': {
        const { inode, mark } = this.syncs.get(event.sync)!
        inode.settle(mark)
        this.syncs.delete(event.sync)
        break
      }
      case 'sent':
        this.sent.set(event.connection, (this.sent.get(event.connection) ?? 0) + event.length)
    }
  }
}
