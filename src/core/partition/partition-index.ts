import { assert } from '../../std/assert.ts'
import { VarintReader, VarintWriter } from '../../std/varint.ts'
import { copyEntry, type EntryChunk, growEntryChunk, makeEntryChunk, noteEntry, removeEntries } from './entry-chunk.ts'
import type { IndexEntry } from './entry-run.ts'

const FIRST_CAPACITY = 16
const CAPACITY = 512
const SLICE_ENTRIES = 1024

// A slice of a partition's index, as a checkpoint keeps it; all but the header are LEB128 varints, differences as zigzag:
//
//   ┌──────────────┬────────┬─────────────────────────────────────────────────────────────────────────────────────┐
//   │ end offset   │ count  │ count times: place, base - (last last offset + 1), last offset - base, position -   │
//   │ f64 le       │ u32 le │ (last position + last length), length, max timestamp - last max timestamp           │
//   └──────────────┴────────┴─────────────────────────────────────────────────────────────────────────────────────┘
const HEADER = 12
const ENTRY_LIMIT = 6 * 8

/**
 * Where a partition's batches are. An entry is a batch, or a run of batches that lie side by side in a segment; it has a
 * number, for the accessors: numbers rise with the offset but are not dense (`next` steps on), and hold until the next `move`
 * or `trimBefore`. About 37 bytes an entry.
 */
export class PartitionIndex {
  /** Entries there are. */
  count = 0
  /** Bytes of all entries. */
  size = 0
  /** One above the last offset there ever was. */
  endOffset = 0
  private readonly chunks: EntryChunk[] = []
  private readonly capacity: number

  /** `capacity` is the most entries a chunk may have; tests make it small. */
  constructor(capacity: number = CAPACITY) {
    this.capacity = capacity
  }

  /**
   * Adds a batch at the end. Offsets below `endOffset` were added before: then nothing happens and false is returned, which
   * at recovery is no error.
   */
  append(
    baseOffset: number,
    lastOffset: number,
    place: number,
    position: number,
    length: number,
    maxTimestamp: number,
  ): boolean {
    if (baseOffset < this.endOffset) return false
    assert(lastOffset >= baseOffset, 'a batch has at least one offset')
    let chunk = this.chunks[this.chunks.length - 1]
    if (chunk === undefined || chunk.used === this.capacity) {
      chunk = makeEntryChunk(chunk === undefined ? Math.min(FIRST_CAPACITY, this.capacity) : this.capacity)
      this.chunks.push(chunk)
    } else if (chunk.used === chunk.capacity) {
      growEntryChunk(chunk, Math.min(chunk.capacity * 4, this.capacity))
    }
    const i = chunk.used++
    chunk.bases[i] = baseOffset
    chunk.lasts[i] = lastOffset
    chunk.positions[i] = position
    chunk.lengths[i] = length
    chunk.timestamps[i] = maxTimestamp
    chunk.places[i] = place
    noteEntry(chunk, place, position, maxTimestamp)
    this.count++
    this.size += length
    this.endOffset = lastOffset + 1
    return true
  }

  /** The base offset of the first entry, or `endOffset` if there is none. */
  startOffset(): number {
    return this.count === 0 ? this.endOffset : this.baseOffset(this.firstEntry())
  }

  /** The number of the first entry, or -1. */
  firstEntry(): number {
    return this.count === 0 ? -1 : (this.chunks[0] as EntryChunk).first
  }

  /** The number of the last entry, or -1. */
  lastEntry(): number {
    const c = this.chunks.length - 1
    return this.count === 0 ? -1 : c * this.capacity + (this.chunks[c] as EntryChunk).used - 1
  }

  /** The number of the entry after this one, or -1. */
  next(entry: number): number {
    const c = Math.floor(entry / this.capacity)
    const i = entry % this.capacity
    if (i + 1 < this.chunk(entry).used) return entry + 1
    return c + 1 < this.chunks.length ? (c + 1) * this.capacity + (this.chunks[c + 1] as EntryChunk).first : -1
  }

  /** The entry that holds `offset`, or the first one above it where offsets are missing; -1 if there is none. */
  find(offset: number): number {
    const chunks = this.chunks
    if (this.count === 0 || offset >= this.endOffset) return -1
    const c = this.chunkOf(offset)
    if (c === chunks.length) return -1
    return c * this.capacity + slotOf(chunks[c] as EntryChunk, offset)
  }

  /** The first entry whose greatest timestamp is `timestamp` or later, or -1. Timestamps need not rise. */
  findTimestamp(timestamp: number): number {
    for (let c = 0; c < this.chunks.length; c++) {
      const chunk = this.chunks[c] as EntryChunk
      if (chunk.latest < timestamp) continue
      for (let i = chunk.first; i < chunk.used; i++) {
        if ((chunk.timestamps[i] as number) >= timestamp) return c * this.capacity + i
      }
    }
    return -1
  }

  baseOffset(entry: number): number {
    return this.chunk(entry).bases[entry % this.capacity] as number
  }

  lastOffset(entry: number): number {
    return this.chunk(entry).lasts[entry % this.capacity] as number
  }

  place(entry: number): number {
    return this.chunk(entry).places[entry % this.capacity] as number
  }

  position(entry: number): number {
    return this.chunk(entry).positions[entry % this.capacity] as number
  }

  length(entry: number): number {
    return this.chunk(entry).lengths[entry % this.capacity] as number
  }

  maxTimestamp(entry: number): number {
    return this.chunk(entry).timestamps[entry % this.capacity] as number
  }

  /** Bytes of the entries that begin in `[from, to)`. */
  bytesBetween(from: number, to: number): number {
    let bytes = 0
    for (let c = this.chunkOf(from); c < this.chunks.length; c++) {
      const { bases, lengths, first, used } = this.chunks[c] as EntryChunk
      for (let i = first; i < used; i++) {
        if ((bases[i] as number) >= to) return bytes
        if ((bases[i] as number) >= from) bytes += lengths[i] as number
      }
    }
    return bytes
  }

  /** Whether all entries that begin in `[from, to)` have timestamps before `time`. */
  isOlder(from: number, to: number, time: number): boolean {
    for (let c = this.chunkOf(from); c < this.chunks.length; c++) {
      const chunk = this.chunks[c] as EntryChunk
      if (startOf(chunk) >= to) return true
      if (chunk.latest < time) continue
      for (let i = chunk.first; i < chunk.used; i++) {
        const base = chunk.bases[i] as number
        if (base >= from && base < to && (chunk.timestamps[i] as number) >= time) return false
      }
    }
    return true
  }

  /**
   * Puts other entries in the place of all that reach into the offsets `[from, to)`, where they have to lie. `dropped` is called for each that
   * goes. Doing it twice is doing it once.
   */
  replace(
    from: number,
    to: number,
    entries: readonly IndexEntry[],
    dropped: (place: number, position: number, length: number) => void,
  ): void {
    const first = this.chunkOf(from)
    let behind = first
    while (behind < this.chunks.length && startOf(this.chunks[behind] as EntryChunk) < to) behind++
    const fresh: EntryChunk[] = []
    const next = () => {
      const last = fresh[fresh.length - 1]
      if (last !== undefined && last.used < last.capacity) return last
      const chunk = makeEntryChunk(this.capacity)
      fresh.push(chunk)
      return chunk
    }
    let put = false
    const putAll = () => {
      put = true
      for (const entry of entries) this.putEntry(next(), entry)
    }
    for (let c = first; c < behind; c++) {
      const chunk = this.chunks[c] as EntryChunk
      for (let i = chunk.first; i < chunk.used; i++) {
        if ((chunk.lasts[i] as number) < from) copyEntry(chunk, i, next())
        else if ((chunk.bases[i] as number) < to) {
          this.count--
          this.size -= chunk.lengths[i] as number
          dropped(chunk.places[i] as number, chunk.positions[i] as number, chunk.lengths[i] as number)
        } else {
          if (!put) putAll()
          copyEntry(chunk, i, next())
        }
      }
    }
    if (!put) putAll()
    this.chunks.splice(first, behind - first, ...fresh)
  }

  private putEntry(chunk: EntryChunk, entry: IndexEntry): void {
    const i = chunk.used++
    chunk.bases[i] = entry.base
    chunk.lasts[i] = entry.last
    chunk.positions[i] = entry.position
    chunk.lengths[i] = entry.length
    chunk.timestamps[i] = entry.latest
    chunk.places[i] = entry.place
    noteEntry(chunk, entry.place, entry.position, entry.latest)
    this.count++
    this.size += entry.length
  }

  /**
   * Drops entries that lie wholly below `offset`, at most `limit` of them, and returns their bytes. `dropped` is called for
   * each: the caller releases the store's bytes.
   */
  trimBefore(
    offset: number,
    limit: number,
    dropped: (place: number, position: number, length: number) => void,
  ): number {
    let bytes = 0
    for (let n = 0; n < limit && this.count > 0; n++) {
      const chunk = this.chunks[0] as EntryChunk
      const i = chunk.first
      if ((chunk.lasts[i] as number) >= offset) break
      const length = chunk.lengths[i] as number
      bytes += length
      this.size -= length
      this.count--
      chunk.first++
      if (chunk.first === chunk.used) this.chunks.shift()
      dropped(chunk.places[i] as number, chunk.positions[i] as number, length)
    }
    return bytes
  }

  /** Offsets below `offset` are used up: a partition whose batches are all gone, at recovery. */
  skipTo(offset: number): void {
    this.endOffset = Math.max(this.endOffset, offset)
  }

  /**
   * Calls `visit` for each entry from `first` on whose bytes begin in `[from, to)` of `place`, in rising order of base offset. Looks at
   * `limit` entries or so and returns the offset to go on with, or -1 when it has seen them all.
   */
  eachLive(
    place: number,
    from: number,
    to: number,
    first: number,
    limit: number,
    visit: (baseOffset: number, position: number, length: number) => void,
  ): number {
    let looked = 0
    for (let c = this.chunkOf(first); c < this.chunks.length; c++) {
      const chunk = this.chunks[c] as EntryChunk
      let i = slotOf(chunk, first)
      if (looked >= limit) return chunk.bases[i] as number
      if ((chunk.lowest[place] as number) >= to || (chunk.highest[place] as number) < from) {
        looked++
        continue
      }
      const end = Math.min(chunk.used, i + limit - looked)
      looked += end - i
      for (; i < end; i++) {
        const position = chunk.positions[i] as number
        if (chunk.places[i] !== place || position < from || position >= to) continue
        visit(chunk.bases[i] as number, position, chunk.lengths[i] as number)
      }
      if (end < chunk.used) return chunk.bases[end] as number
    }
    return -1
  }

  /** Whether an entry begins with that offset, its bytes at that place, directly behind the one that begins with `after` (-1: wherever). */
  isAt(baseOffset: number, place: number, position: number, after: number): boolean {
    const before = after < 0 ? -1 : this.find(after)
    if (after >= 0 && before === -1) return false
    const entry = before < 0 ? this.find(baseOffset) : this.next(before)
    if (entry === -1 || this.baseOffset(entry) !== baseOffset) return false
    return this.place(entry) === place && this.position(entry) === position
  }

  /**
   * The run of entries from `baseOffset` on, `length` bytes in all, is one entry at another place now. Nothing happens if
   * there is no such run, or if it is in that segment or a newer one already. Returns whether it was moved.
   */
  move(baseOffset: number, place: number, position: number, length: number): boolean {
    const entry = this.find(baseOffset)
    if (entry === -1 || this.baseOffset(entry) !== baseOffset) return false
    const chunk = this.chunk(entry)
    const i = entry % this.capacity
    const from = chunk.places[i] as number
    if (from > place || (from === place && (chunk.positions[i] as number) >= position)) return false
    let sum = chunk.lengths[i] as number
    let latest = chunk.timestamps[i] as number
    let last = entry
    let more = 0
    while (sum < length) {
      last = this.next(last)
      if (last === -1) return false
      sum += this.length(last)
      latest = Math.max(latest, this.maxTimestamp(last))
      more++
    }
    if (sum !== length) return false
    chunk.lasts[i] = this.lastOffset(last)
    chunk.timestamps[i] = latest
    chunk.lengths[i] = length
    chunk.positions[i] = position
    chunk.places[i] = place
    noteEntry(chunk, place, position, latest)
    if (more > 0) this.removeAfter(Math.floor(entry / this.capacity), i, more)
    return true
  }

  /** The index in slices, each as it is when it is pulled; there is always one. */
  *snapshot(): Generator<Uint8Array> {
    let offset = this.startOffset()
    while (true) {
      const out = new VarintWriter(HEADER)
      let count = 0
      let lastEnd = 0
      let positionEnd = 0
      let timestamp = 0
      let entry = this.find(offset)
      for (; entry !== -1 && count < SLICE_ENTRIES; entry = this.next(entry)) {
        out.room(ENTRY_LIMIT)
        out.number(this.place(entry))
        out.number(this.baseOffset(entry) - lastEnd)
        out.number(this.lastOffset(entry) - this.baseOffset(entry))
        out.signed(this.position(entry) - positionEnd)
        out.number(this.length(entry))
        out.signed(this.maxTimestamp(entry) - timestamp)
        lastEnd = this.lastOffset(entry) + 1
        positionEnd = this.position(entry) + this.length(entry)
        timestamp = this.maxTimestamp(entry)
        count++
      }
      offset = entry === -1 ? this.endOffset : lastEnd
      const slice = out.finish()
      const view = new DataView(slice.buffer)
      view.setFloat64(0, offset, true)
      view.setUint32(8, count, true)
      yield slice
      if (entry === -1) return
    }
  }

  /** Merges a slice that `snapshot` wrote; slices come in their order. Loading one twice changes nothing. */
  load(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const count = view.getUint32(8, true)
    const reader = new VarintReader(bytes, HEADER)
    let lastEnd = 0
    let positionEnd = 0
    let timestamp = 0
    for (let n = 0; n < count; n++) {
      const place = reader.number()
      const base = lastEnd + reader.number()
      const last = base + reader.number()
      const position = positionEnd + reader.signed()
      const length = reader.number()
      timestamp += reader.signed()
      lastEnd = last + 1
      positionEnd = position + length
      // Entries of the slice before may have become one run with entries behind it by the time this slice was taken.
      if (base < this.endOffset && last >= this.endOffset) this.cut(base)
      this.append(base, last, place, position, length, timestamp)
    }
    assert(reader.at === bytes.length, 'a slice of a partition index has the length its entries have')
    this.skipTo(view.getFloat64(0, true))
  }

  /** Memory held, in bytes, near enough. */
  bytes(): number {
    let sum = 256
    for (const chunk of this.chunks) sum += 900 + chunk.capacity * 37
    return sum
  }

  private chunk(entry: number): EntryChunk {
    return this.chunks[Math.floor(entry / this.capacity)] as EntryChunk
  }

  /** The number of the first chunk that ends at `offset` or above. */
  private chunkOf(offset: number): number {
    let low = 0
    let high = this.chunks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const chunk = this.chunks[middle] as EntryChunk
      if ((chunk.lasts[chunk.used - 1] as number) >= offset) high = middle
      else low = middle + 1
    }
    return low
  }

  /** Forgets the entries from `baseOffset` on. */
  private cut(baseOffset: number): void {
    while (this.count > 0 && this.baseOffset(this.lastEntry()) >= baseOffset) {
      const chunk = this.chunks[this.chunks.length - 1] as EntryChunk
      chunk.used--
      this.size -= chunk.lengths[chunk.used] as number
      this.count--
      if (chunk.used === chunk.first) this.chunks.pop()
    }
    this.endOffset = baseOffset
  }

  /** Takes `count` entries behind slot `i` of chunk `c` out, and joins chunks that have become small. */
  private removeAfter(c: number, i: number, count: number): void {
    let rest = count
    const chunk = this.chunks[c] as EntryChunk
    const here = Math.min(rest, chunk.used - i - 1)
    if (here > 0) removeEntries(chunk, i + 1, here)
    rest -= here
    while (rest > 0) {
      const following = this.chunks[c + 1] as EntryChunk
      const there = Math.min(rest, following.used - following.first)
      following.first += there
      rest -= there
      if (following.first === following.used) this.chunks.splice(c + 1, 1)
    }
    this.count -= count
    this.join(c)
  }

  /** Lays a chunk that is mostly empty behind the one before it. */
  private join(c: number): void {
    const chunk = this.chunks[c] as EntryChunk
    const before = c === 0 ? undefined : this.chunks[c - 1]
    if (before === undefined || chunk.used - chunk.first > this.capacity / 4) return
    if (before.used + chunk.used - chunk.first > before.capacity) return
    for (let i = chunk.first; i < chunk.used; i++) copyEntry(chunk, i, before)
    this.chunks.splice(c, 1)
  }
}

/** The slot of the first entry of a chunk that ends at `offset` or above. */
function slotOf(chunk: EntryChunk, offset: number): number {
  let low = chunk.first
  let high = chunk.used
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((chunk.lasts[middle] as number) >= offset) high = middle
    else low = middle + 1
  }
  return low
}

function startOf(chunk: EntryChunk): number {
  return chunk.bases[chunk.first] as number
}
