import { assert } from '../../std/assert.ts'
import { type Chunk, chunkBytes, clearChunk, growChunk, makeChunk, noteBounds, PLACES } from './index-chunk.ts'
import { makeEntry, readSlice, SliceWriter } from './index-slice.ts'

/** States of an entry, in bits 0-1 of its flags. */
export const GONE = 0
export const READY = 1
export const UNACKED = 2
/** It came back to its queue and waits until it may go out again. */
export const DELAYED = 3
/** The mask of the state's bits. */
export const STATE = 3
/** Its record is in the journal: it comes back after a restart. */
export const DURABLE = 4
/** It was handed out before. */
export const REDELIVERED = 8
/** Bits 4-5 hold the place of its bytes: 0 journal, 1 spill, 2 segment. */
export const PLACE_SHIFT = 4
const PLACE = 3 << PLACE_SHIFT

const FIRST_CAPACITY = 16
const CAPACITY = 4096
const SLICE_ENTRIES = 1024
const SLICE_SCAN = 32 * SLICE_ENTRIES
/** What one failure adds to an entry's counts; how often it was handed out is below that. */
const FAILURE = 2 ** 32

/**
 * Where a queue's messages are: for each sequence number a position, a length, flags and an expiry, in chunks of typed
 * arrays (13 bytes a message; 8 more once one in its chunk expires, 8 once one was counted, 1 once one has a priority). The chunks are sorted and have no entry in common; one
 * whose entries are all gone is given up, so that a message that stays for ever costs one chunk and nothing above it.
 */
export class QueueIndex {
  /** The lowest sequence that is not gone; `tail` when there is none. */
  head = 0
  /** The next sequence. */
  tail = 0
  /** Entries that are not gone. */
  live = 0
  private readonly chunks: Chunk[] = []
  private readonly capacity: number
  /** The chunk found last. */
  private cached: Chunk
  /** A full-size chunk kept back from the last one given up. */
  private spare: Chunk | null = null

  /** `capacity` is the most entries a chunk may have; tests make it small. */
  constructor(capacity: number = CAPACITY) {
    this.capacity = capacity
    this.cached = makeChunk(0, 0)
  }

  /** Adds an entry at the tail and returns its sequence. `expiry` is in milliseconds since 1970, 0 for none. */
  push(position: number, length: number, flags: number, expiry: number): number {
    const sequence = this.tail
    let chunk = this.chunks.length === 0 ? this.newChunk(sequence) : (this.chunks[this.chunks.length - 1] as Chunk)
    if (sequence - chunk.base >= chunk.capacity) chunk = this.makeRoom(chunk, sequence)
    this.put(chunk, sequence, position, length, flags, expiry)
    return sequence
  }

  /**
   * Puts an entry back at recovery. One that is there, or that is gone already, stays as it is; sequences between the
   * tail and a new entry count as gone. Returns whether it was put.
   */
  restore(sequence: number, position: number, length: number, flags: number, expiry: number): boolean {
    if (sequence < this.tail) return false
    const last = this.chunks.length === 0 ? null : (this.chunks[this.chunks.length - 1] as Chunk)
    let chunk: Chunk
    if (last === null) chunk = this.newChunk(sequence)
    else if (sequence - last.base < last.capacity) chunk = last
    else chunk = this.makeRoom(last, sequence)
    this.put(chunk, sequence, position, length, flags, expiry)
    return true
  }

  /** Sequences below `tail` are used up, at recovery. */
  skipTo(tail: number): void {
    if (tail <= this.tail) return
    if (this.head === this.tail) this.head = tail
    this.tail = tail
  }

  /** Where its bytes begin, or -1 if it is gone. */
  position(sequence: number): number {
    const chunk = this.find(sequence)
    if (chunk === null) return -1
    const i = sequence - chunk.base
    return (chunk.flags[i] as number) === 0 ? -1 : (chunk.positions[i] as number)
  }

  /** Bytes of the message, or 0 if it is gone. */
  length(sequence: number): number {
    const chunk = this.find(sequence)
    if (chunk === null) return 0
    const i = sequence - chunk.base
    return (chunk.flags[i] as number) === 0 ? 0 : (chunk.lengths[i] as number)
  }

  /** Its flags; 0 (state GONE) if it is gone or was never there. */
  flags(sequence: number): number {
    const chunk = this.find(sequence)
    return chunk === null ? 0 : (chunk.flags[sequence - chunk.base] as number)
  }

  /** When it expires, in milliseconds since 1970; 0 if it does not, or is gone. */
  expiry(sequence: number): number {
    const chunk = this.find(sequence)
    if (chunk === null || chunk.expiries === null) return 0
    const i = sequence - chunk.base
    return (chunk.flags[i] as number) === 0 ? 0 : (chunk.expiries[i] as number)
  }

  /** Its priority; 0 unless one was set. */
  priority(sequence: number): number {
    const chunk = this.find(sequence)
    return chunk === null || chunk.priorities === null ? 0 : (chunk.priorities[sequence - chunk.base] as number)
  }

  /** Sets the priority of an entry that is there. */
  setPriority(sequence: number, priority: number): void {
    const chunk = this.find(sequence)
    assert(chunk !== null, 'a priority is set for an entry that is there')
    if (chunk.priorities === null) {
      if (priority === 0) return
      chunk.priorities = new Uint8Array(chunk.capacity)
    }
    chunk.priorities[sequence - chunk.base] = priority
  }

  /** How often it was handed out and came back. */
  acquired(sequence: number): number {
    return this.counts(sequence) % FAILURE
  }

  /** How often of that it came back because whoever had it was gone. */
  failed(sequence: number): number {
    return Math.floor(this.counts(sequence) / FAILURE)
  }

  /** Sets both counts of an entry that is there. */
  setCounts(sequence: number, acquired: number, failed: number): void {
    const chunk = this.find(sequence)
    assert(chunk !== null, 'counts are set for an entry that is there')
    if (chunk.counts === null) {
      if (acquired === 0 && failed === 0) return
      chunk.counts = new Float64Array(chunk.capacity)
    }
    chunk.counts[sequence - chunk.base] = acquired + failed * FAILURE
  }

  /** Changes the flags of an entry that is there; `settle` is the only way to GONE, `move` to another place. */
  setFlags(sequence: number, flags: number): void {
    const chunk = this.find(sequence)
    assert(chunk !== null && (flags & STATE) !== GONE, 'setFlags is for entries that stay')
    const i = sequence - chunk.base
    const old = chunk.flags[i] as number
    assert(
      old !== 0 && ((old ^ flags) & PLACE) === 0,
      'setFlags is for entries that are there, and stay where they are',
    )
    chunk.flags[i] = flags
  }

  /** The entry is gone from now on. Returns false if it already was, or was never there. */
  settle(sequence: number): boolean {
    const chunk = this.find(sequence)
    if (chunk === null) return false
    const i = sequence - chunk.base
    if ((chunk.flags[i] as number) === 0) return false
    chunk.flags[i] = 0
    chunk.live--
    this.live--
    if (chunk.live === 0 && chunk !== this.chunks[this.chunks.length - 1]) this.giveUp(chunk)
    if (this.live === 0) {
      this.head = this.tail
      this.spare = null
    } else if (sequence === this.head) {
      this.head = this.nextLive(sequence + 1)
    }
    return true
  }

  /** Whether the entry is there, and its bytes are at that place. */
  isAt(sequence: number, place: number, position: number): boolean {
    const chunk = this.find(sequence)
    if (chunk === null) return false
    const i = sequence - chunk.base
    const flags = chunk.flags[i] as number
    return flags !== 0 && (flags & PLACE) >> PLACE_SHIFT === place && chunk.positions[i] === position
  }

  /**
   * The entry's bytes are at another place now. Segments are numbered upwards and a body only ever moves to a newer one,
   * so a move that is replayed after later ones changes nothing. Returns whether the entry was moved.
   */
  move(sequence: number, place: number, position: number): boolean {
    const chunk = this.find(sequence)
    if (chunk === null) return false
    const i = sequence - chunk.base
    const flags = chunk.flags[i] as number
    if (flags === 0) return false
    const from = (flags & PLACE) >> PLACE_SHIFT
    if (from > place || (from === place && (chunk.positions[i] as number) >= position)) return false
    chunk.flags[i] = (flags & ~PLACE) | (place << PLACE_SHIFT)
    chunk.positions[i] = position
    noteBounds(chunk, place, position)
    return true
  }

  /** The first sequence at or above `from` that is not gone, or `tail`. */
  nextLive(from: number): number {
    if (this.live === 0) return this.tail
    for (let c = this.chunkAtOrAfter(from); c < this.chunks.length; c++) {
      const chunk = this.chunks[c] as Chunk
      if (chunk.live === 0) continue
      const flags = chunk.flags
      for (let i = Math.max(0, from - chunk.base); i < chunk.used; i++) {
        if ((flags[i] as number) !== 0) return chunk.base + i
      }
    }
    return this.tail
  }

  /**
   * Calls `visit` for each entry from sequence `first` on whose bytes begin in `[from, to)` of `place`, in rising order of sequence.
   * Looks at `limit` entries or so and returns the sequence to go on with, or -1 when it has seen them all.
   */
  eachLive(
    place: number,
    from: number,
    to: number,
    first: number,
    limit: number,
    visit: (sequence: number, position: number, length: number) => void,
  ): number {
    let looked = 0
    for (let c = this.chunkAtOrAfter(first); c < this.chunks.length; c++) {
      const chunk = this.chunks[c] as Chunk
      let i = Math.max(0, first - chunk.base)
      if (looked >= limit) return chunk.base + i
      const far = (chunk.bounds[place] as number) >= to || (chunk.bounds[PLACES + place] as number) < from
      if (far || chunk.live === 0) {
        looked++
        continue
      }
      const end = Math.min(chunk.used, i + limit - looked)
      looked += end - i
      for (; i < end; i++) {
        const flags = chunk.flags[i] as number
        if (flags === 0 || (flags & PLACE) >> PLACE_SHIFT !== place) continue
        const position = chunk.positions[i] as number
        if (position >= from && position < to) visit(chunk.base + i, position, chunk.lengths[i] as number)
      }
      if (end < chunk.used) return chunk.base + end
    }
    return -1
  }

  /**
   * The durable entries in slices, each as they are when it is pulled; the index may change between slices, as long as every
   * change after the first is made again on what `load` gives back. The last slice brings the tail; there is always one. A
   * message that is handed out now is written as such.
   */
  *snapshot(): Generator<Uint8Array> {
    let next = this.head
    while (true) {
      const writer = new SliceWriter()
      next = this.writeSlice(writer, next)
      const last = next >= this.tail
      yield writer.finish(last ? this.tail : next)
      if (last) return
    }
  }

  /** Merges a slice that `snapshot` wrote; slices come in their order. Loading one twice changes nothing. */
  load(bytes: Uint8Array): void {
    const end = readSlice(bytes, ({ sequence, position, length, flags, expiry, priority, acquired, failed }) => {
      if (!this.restore(sequence, position, length, flags, expiry)) return
      this.setPriority(sequence, priority)
      this.setCounts(sequence, acquired, failed)
    })
    this.skipTo(end)
  }

  /** Memory held, in bytes, near enough. */
  bytes(): number {
    let sum = 256 + (this.spare === null ? 0 : chunkBytes(this.spare))
    for (const chunk of this.chunks) sum += chunkBytes(chunk)
    return sum
  }

  private counts(sequence: number): number {
    const chunk = this.find(sequence)
    return chunk === null || chunk.counts === null ? 0 : (chunk.counts[sequence - chunk.base] as number)
  }

  private put(chunk: Chunk, sequence: number, position: number, length: number, flags: number, expiry: number): void {
    assert((flags & STATE) !== GONE, 'an entry comes ready or unacked')
    const i = sequence - chunk.base
    chunk.positions[i] = position
    chunk.lengths[i] = length
    chunk.flags[i] = flags
    if (expiry !== 0 && chunk.expiries === null) chunk.expiries = new Float64Array(chunk.capacity)
    if (chunk.expiries !== null) chunk.expiries[i] = expiry
    if (chunk.priorities !== null) chunk.priorities[i] = 0
    if (chunk.counts !== null) chunk.counts[i] = 0
    noteBounds(chunk, (flags & PLACE) >> PLACE_SHIFT, position)
    chunk.used = i + 1
    chunk.live++
    if (this.live++ === 0) this.head = sequence
    this.tail = sequence + 1
  }

  /** Makes the slot of `sequence`, which is beyond the last chunk's capacity: reuses, grows or adds one. */
  private makeRoom(last: Chunk, sequence: number): Chunk {
    if (last.live === 0) {
      clearChunk(last, sequence)
      return last
    }
    if (sequence - last.base >= this.capacity) return this.newChunk(sequence)
    let capacity = last.capacity
    while (sequence - last.base >= capacity) capacity = Math.min(capacity * 4, this.capacity)
    growChunk(last, capacity)
    return last
  }

  private newChunk(base: number): Chunk {
    let chunk = this.spare
    this.spare = null
    if (chunk !== null) clearChunk(chunk, base)
    else chunk = makeChunk(base, this.chunks.length === 0 ? Math.min(FIRST_CAPACITY, this.capacity) : this.capacity)
    this.chunks.push(chunk)
    return chunk
  }

  private giveUp(chunk: Chunk): void {
    this.chunks.splice(this.chunkAtOrAfter(chunk.base), 1)
    // An empty range, lest the cache still finds entries in it.
    chunk.used = 0
    if (chunk.capacity === this.capacity) this.spare = chunk
  }

  private find(sequence: number): Chunk | null {
    const cached = this.cached
    if (sequence >= cached.base && sequence < cached.base + cached.used) return cached
    const c = this.chunkAtOrAfter(sequence)
    if (c === this.chunks.length) return null
    const chunk = this.chunks[c] as Chunk
    if (sequence < chunk.base) return null
    this.cached = chunk
    return chunk
  }

  /** The number of the first chunk that ends above `sequence`. */
  private chunkAtOrAfter(sequence: number): number {
    const chunks = this.chunks
    if (chunks.length === 0) return 0
    const first = chunks[0] as Chunk
    if (sequence < first.base + first.used) return 0
    let low = 1
    let high = chunks.length
    // Without gaps the chunk's number follows from the sequence; with gaps it is lower.
    const guess = Math.floor((sequence - first.base) / this.capacity)
    if (guess < high) {
      const chunk = chunks[guess] as Chunk
      if (sequence >= chunk.base && sequence < chunk.base + chunk.used) return guess
    }
    while (low < high) {
      const middle = (low + high) >>> 1
      const chunk = chunks[middle] as Chunk
      if (chunk.base + chunk.used > sequence) high = middle
      else low = middle + 1
    }
    return low
  }

  /** Writes durable entries from sequence `from` on; returns the sequence to go on with. */
  private writeSlice(writer: SliceWriter, from: number): number {
    const entry = makeEntry()
    let scanned = 0
    for (let c = this.chunkAtOrAfter(from); c < this.chunks.length; c++) {
      const chunk = this.chunks[c] as Chunk
      let i = Math.max(0, from - chunk.base)
      if (scanned + chunk.used - i > SLICE_SCAN) return chunk.base + i
      scanned += chunk.used - i
      for (; i < chunk.used; i++) {
        const flags = chunk.flags[i] as number
        if ((flags & DURABLE) === 0) continue
        if (writer.count === SLICE_ENTRIES) return chunk.base + i
        entry.sequence = chunk.base + i
        entry.position = chunk.positions[i] as number
        entry.length = chunk.lengths[i] as number
        entry.flags = flags
        entry.expiry = chunk.expiries === null ? 0 : (chunk.expiries[i] as number)
        entry.priority = chunk.priorities === null ? 0 : (chunk.priorities[i] as number)
        const counts = chunk.counts === null ? 0 : (chunk.counts[i] as number)
        entry.acquired = counts % FAILURE
        entry.failed = Math.floor(counts / FAILURE)
        writer.add(entry)
      }
    }
    return this.tail
  }
}
