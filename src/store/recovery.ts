import type { Disk } from '../env/disk.ts'
import { assert } from '../std/assert.ts'
import { getU32 } from '../std/bytes.ts'
import { StoreError } from './errors.ts'
import type { Fold } from './fold.ts'
import { ENTRY_END, FRAME_HEADER, type FrameHeader, RECORD_HEADER } from './frame.ts'
import { FrameReader, type JournalShape, type Window } from './frame-reader.ts'
import { journalFileName } from './journal-files.ts'
import { eraseTornTail, lookBehind } from './torn-tail.ts'

export interface RecoveryOptions {
  readonly disk: Disk
  readonly shape: JournalShape
  /** The journal's ring: it holds the end of the journal afterwards. */
  readonly window: Window
  readonly fold: Pick<Fold, 'record'>
  /** Where the checkpoint says to begin, and the epoch it was written in. */
  readonly from: number
  readonly epoch: number
  /** Where the last process says it has closed the journal, or -1 if it did not. */
  readonly closedAt: number
}

export interface Recovered {
  /** The end of the last whole entry. */
  readonly tail: number
  /** The lowest position that the window holds. */
  readonly first: number
  readonly epoch: number
  readonly entries: number
  readonly records: number
  /** What there was behind the tail, or null if nothing was. */
  readonly torn: { readonly file: string; readonly reason: string; readonly frames: number } | null
}

/** A frame whose entry is not known to be whole yet. */
interface Held {
  readonly payloadAt: number
  readonly length: number
  readonly position: number
  readonly time: number
}

/**
 * Hands the records of all whole entries to the fold and cuts the torn tail. Damage in what was known to be durable is a
 * `StoreError` 'corrupt'.
 */
export function recover(options: RecoveryOptions): Recovered {
  const { disk, shape, window, from, closedAt } = options
  const reader = new FrameReader(disk, shape, window, from)
  const replay = new Replay(options, reader)
  try {
    while (reader.next() && replay.frame(reader.header)) {
      // `frame` does it all.
    }
  } finally {
    reader.close()
  }
  const { tail, epoch, entries, records, partial } = replay
  const first = Math.max(from, reader.loaded - window.size)
  const result = { tail, first: Math.min(first, tail), epoch, entries, records }
  if (closedAt === tail) return { ...result, torn: null }
  const damaged = (durable: number) => {
    const { position, reason } = reader
    const file = journalFileName(Math.floor(position / shape.fileSize))
    const text = `${file} is damaged at position ${position} (${reason}), though all up to ${durable} was on the disk`
    return new StoreError('corrupt', text, file, position)
  }
  if (closedAt > tail) throw damaged(closedAt)
  const behind = lookBehind(disk, shape, tail, 2 * window.size)
  if (behind.durable > tail) throw damaged(behind.durable)
  if (behind.frames === 0) return { ...result, torn: null }
  eraseTornTail(disk, behind)
  const file = journalFileName(Math.floor(tail / shape.fileSize))
  const reason = partial ? 'an entry without its end' : reader.reason
  return { ...result, torn: { file, reason, frames: behind.frames } }
}

class Replay {
  /** The end of the last whole entry. */
  tail: number
  epoch: number
  entries = 0
  records = 0
  private readonly fold: Pick<Fold, 'record'>
  private readonly reader: FrameReader
  private readonly bytes: Uint8Array
  private readonly held: Held[] = []

  constructor(options: RecoveryOptions, reader: FrameReader) {
    this.fold = options.fold
    this.reader = reader
    this.bytes = options.window.bytes
    this.tail = options.from
    this.epoch = options.epoch
  }

  /** Whether frames were read of an entry whose end is missing. */
  get partial(): boolean {
    return this.held.length > 0
  }

  /** Takes the frame that the reader has found; false if it is one that an earlier process left behind. */
  frame(header: FrameHeader): boolean {
    const { reader, held } = this
    // Every start begins with a frame of a new epoch, so that nothing older can follow.
    if (header.epoch < this.epoch || (held.length > 0 && header.epoch !== this.epoch)) {
      reader.reason = `a frame of epoch ${header.epoch} behind one of epoch ${this.epoch}`
      return false
    }
    this.epoch = header.epoch
    const { position, payloadAt } = reader
    if (header.flags & ENTRY_END) {
      for (const each of held) this.hand(each.payloadAt, each.length, each.position, each.time)
      held.length = 0
      this.hand(payloadAt, header.length, position, header.time)
      reader.advance()
      this.tail = reader.keep = reader.position
      this.entries++
    } else {
      held.push({ payloadAt, length: header.length, position, time: header.time })
      reader.advance()
    }
    return true
  }

  private hand(payloadAt: number, length: number, framePosition: number, time: number): void {
    const { bytes, fold } = this
    const shift = framePosition + FRAME_HEADER - payloadAt
    const end = payloadAt + length
    for (let at = payloadAt; at < end; ) {
      const size = getU32(bytes, at)
      const payload = at + RECORD_HEADER
      assert(payload + size <= end, 'a frame with right checksums has whole records')
      fold.record(bytes[at + 4]!, bytes, payload, size, payload + shift, time)
      this.records++
      at = payload + size + (-size & 7)
    }
  }
}
