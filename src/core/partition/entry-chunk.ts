const PLACES = 3

/** A run of a partition index's entries, in slots `[first, used)`. */
export interface EntryChunk {
  first: number
  used: number
  capacity: number
  bases: Float64Array
  lasts: Float64Array
  positions: Float64Array
  timestamps: Float64Array
  lengths: Uint32Array
  places: Uint8Array
  /** No entry has a later timestamp. */
  latest: number
  /** Per place, no entry begins below. */
  lowest: Float64Array
  /** Per place, no entry begins above. */
  highest: Float64Array
}

export function makeEntryChunk(capacity: number): EntryChunk {
  return {
    first: 0,
    used: 0,
    capacity,
    bases: new Float64Array(capacity),
    lasts: new Float64Array(capacity),
    positions: new Float64Array(capacity),
    timestamps: new Float64Array(capacity),
    lengths: new Uint32Array(capacity),
    places: new Uint8Array(capacity),
    latest: Number.NEGATIVE_INFINITY,
    lowest: new Float64Array(PLACES).fill(Number.POSITIVE_INFINITY),
    highest: new Float64Array(PLACES).fill(Number.NEGATIVE_INFINITY),
  }
}

/** Gives a chunk room for more entries. */
export function growEntryChunk(chunk: EntryChunk, capacity: number): void {
  const larger = makeEntryChunk(capacity)
  larger.bases.set(chunk.bases)
  larger.lasts.set(chunk.lasts)
  larger.positions.set(chunk.positions)
  larger.timestamps.set(chunk.timestamps)
  larger.lengths.set(chunk.lengths)
  larger.places.set(chunk.places)
  chunk.capacity = capacity
  chunk.bases = larger.bases
  chunk.lasts = larger.lasts
  chunk.positions = larger.positions
  chunk.timestamps = larger.timestamps
  chunk.lengths = larger.lengths
  chunk.places = larger.places
}

/** Widens a chunk's bounds for an entry in it. */
export function noteEntry(chunk: EntryChunk, place: number, position: number, timestamp: number): void {
  if (timestamp > chunk.latest) chunk.latest = timestamp
  if (position < (chunk.lowest[place] as number)) chunk.lowest[place] = position
  if (position > (chunk.highest[place] as number)) chunk.highest[place] = position
}

/** Takes `count` entries from slot `at` on out of a chunk. */
export function removeEntries(chunk: EntryChunk, at: number, count: number): void {
  const from = at + count
  const used = chunk.used
  chunk.bases.copyWithin(at, from, used)
  chunk.lasts.copyWithin(at, from, used)
  chunk.positions.copyWithin(at, from, used)
  chunk.timestamps.copyWithin(at, from, used)
  chunk.lengths.copyWithin(at, from, used)
  chunk.places.copyWithin(at, from, used)
  chunk.used -= count
}

/** Lays an entry of one chunk behind those of another, which has room. */
export function copyEntry(from: EntryChunk, i: number, to: EntryChunk): void {
  const at = to.used++
  to.bases[at] = from.bases[i] as number
  to.lasts[at] = from.lasts[i] as number
  to.positions[at] = from.positions[i] as number
  to.timestamps[at] = from.timestamps[i] as number
  to.lengths[at] = from.lengths[i] as number
  to.places[at] = from.places[i] as number
  noteEntry(to, from.places[i] as number, from.positions[i] as number, from.timestamps[i] as number)
}
