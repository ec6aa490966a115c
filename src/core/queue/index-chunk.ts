/** Places that bounds are kept for: journal, spill, segment. */
export const PLACES = 3

/** A run of a queue index's entries: sequences `[base, base + used)`. Flags 0 means gone. */
export interface Chunk {
  base: number
  used: number
  live: number
  capacity: number
  positions: Float64Array
  lengths: Uint32Array
  flags: Uint8Array
  /** Made when the first entry that expires comes. */
  expiries: Float64Array | null
  /** Made when the first entry with a priority comes. */
  priorities: Uint8Array | null
  /** Made when the first entry comes back to a queue that counts: see `counts` of the index. */
  counts: Float64Array | null
  /** Per place the lowest position, then per place the highest: a range that holds all, maybe wider. */
  bounds: Float64Array
}

/** An empty chunk whose first entry will be `base`. One buffer holds the arrays that every chunk has. */
export function makeChunk(base: number, capacity: number): Chunk {
  const memory = new ArrayBuffer(capacity * 13 + PLACES * 16)
  const chunk: Chunk = {
    base,
    used: 0,
    live: 0,
    capacity,
    positions: new Float64Array(memory, PLACES * 16, capacity),
    lengths: new Uint32Array(memory, PLACES * 16 + capacity * 8, capacity),
    flags: new Uint8Array(memory, PLACES * 16 + capacity * 12, capacity),
    expiries: null,
    priorities: null,
    counts: null,
    bounds: new Float64Array(memory, 0, PLACES * 2),
  }
  clearBounds(chunk)
  return chunk
}

/** Empties a chunk for use from sequence `base` on. */
export function clearChunk(chunk: Chunk, base: number): void {
  chunk.base = base
  chunk.used = 0
  chunk.live = 0
  chunk.flags.fill(0)
  chunk.expiries = null
  chunk.priorities = null
  chunk.counts = null
  clearBounds(chunk)
}

/** Gives a chunk room for more entries. */
export function growChunk(chunk: Chunk, capacity: number): void {
  const larger = makeChunk(chunk.base, capacity)
  larger.positions.set(chunk.positions)
  larger.lengths.set(chunk.lengths)
  larger.flags.set(chunk.flags)
  larger.bounds.set(chunk.bounds)
  chunk.positions = larger.positions
  chunk.lengths = larger.lengths
  chunk.flags = larger.flags
  chunk.bounds = larger.bounds
  chunk.capacity = capacity
  if (chunk.expiries !== null) {
    const expiries = new Float64Array(capacity)
    expiries.set(chunk.expiries)
    chunk.expiries = expiries
  }
  if (chunk.priorities !== null) {
    const priorities = new Uint8Array(capacity)
    priorities.set(chunk.priorities)
    chunk.priorities = priorities
  }
  if (chunk.counts !== null) {
    const counts = new Float64Array(capacity)
    counts.set(chunk.counts)
    chunk.counts = counts
  }
}

/** Widens the bounds of `place` to hold `position`. */
export function noteBounds(chunk: Chunk, place: number, position: number): void {
  const bounds = chunk.bounds
  if (position < (bounds[place] as number)) bounds[place] = position
  if (position > (bounds[PLACES + place] as number)) bounds[PLACES + place] = position
}

/** Memory of a chunk, with about 600 bytes for its objects. */
export function chunkBytes(chunk: Chunk): number {
  const { expiries, priorities, counts } = chunk
  return (
    600 +
    chunk.capacity * (13 + (expiries === null ? 0 : 8) + (priorities === null ? 0 : 1) + (counts === null ? 0 : 8))
  )
}

function clearBounds(chunk: Chunk): void {
  chunk.bounds.fill(Number.POSITIVE_INFINITY, 0, PLACES)
  chunk.bounds.fill(Number.NEGATIVE_INFINITY, PLACES)
}
