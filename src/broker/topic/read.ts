import { baseOffset, batchSize, lastOffsetDelta } from '../../core/partition/batch.ts'
import type { Partition } from '../../core/partition/partition.ts'
import { EDGE_OF_LONG } from '../../store/journal-reader.ts'
import { JOURNAL } from '../../store/place.ts'
import type { Store } from '../../store/store.ts'
import type { Slice } from '../../wire/kafka/schema.ts'

/** A run of batches in the store. */
export interface Piece {
  readonly place: number
  readonly position: number
  length: number
}

/** Batches of one partition that are to be read, from the one that holds `offset` on. */
export interface ReadPlan {
  readonly partition: Partition
  readonly offset: number
  readonly maxBytes: number
  readonly pieces: Piece[]
  bytes: number
  /** One above the last offset that is to be read. */
  end: number
  /** The last entry is a run of batches, some of which lie above. */
  cut: boolean
}

/**
 * Finds the batches from `offset` up to `end`, which lies between two batches, `maxBytes` of them; at least one if `atLeastOne`, however
 * large. Pieces that lie side by side are one.
 */
export function planRead(
  partition: Partition,
  offset: number,
  end: number,
  maxBytes: number,
  atLeastOne: boolean,
): ReadPlan {
  const { index } = partition
  const plan: ReadPlan = { partition, offset, maxBytes, pieces: [], bytes: 0, end: offset, cut: false }
  let entry = offset >= end ? -1 : index.find(offset)
  for (; entry !== -1; entry = index.next(entry)) {
    if (index.baseOffset(entry) >= end) break
    const length = index.length(entry)
    if (plan.bytes + length > maxBytes && !(atLeastOne && plan.bytes === 0)) break
    addPiece(plan, index.place(entry), index.position(entry), length)
    plan.end = Math.min(index.lastOffset(entry) + 1, end)
    plan.cut = index.lastOffset(entry) >= end
  }
  return plan
}

/** Adds a run of batches to what is read. */
export function addPiece(
  plan: Pick<ReadPlan, 'pieces' | 'bytes'>,
  place: number,
  position: number,
  length: number,
): void {
  const last = plan.pieces[plan.pieces.length - 1]
  if (last !== undefined && last.place === place && last.position + last.length === position) last.length += length
  else plan.pieces.push({ place, position, length })
  plan.bytes += length
}

/** The plan's bytes where they are in memory, or null if some have to be read first. */
export function locateAll(store: Store, arena: Uint8Array, plan: ReadPlan): Slice | null {
  let first: OwnSlice | null = null
  let last: OwnSlice | null = null
  for (const { place, position, length } of plan.pieces) {
    const at = store.locate(place, position, length)
    if (at < 0) return null
    const slice = { bytes: arena, at, length } as OwnSlice
    if (last === null) first = slice
    else last.next = slice
    last = slice
  }
  if (plan.cut) withoutTail(last!, plan.end)
  return first === null ? null : withoutHead(first, plan.offset)
}

/** A slice that nobody else has yet. */
interface OwnSlice extends Slice {
  length: number
}

/** Batches of this size are read one by one; smaller ones through the store's windows, which read what lies behind them as well. */
const LARGE_PIECE = 32 * 1024

/**
 * Brings the plan's bytes to `into[at…]`, from memory and from files: what `locateAll` did not find. `done` is never called
 * before the call has returned.
 */
export function readAll(
  store: Store,
  arena: Uint8Array,
  plan: Pick<ReadPlan, 'pieces'>,
  into: Uint8Array,
  at: number,
  done: (error: Error | null) => void,
): void {
  // The records may be deleted or moved meanwhile: their bytes stay until they are read.
  const { pieces } = plan
  for (const { place, position, length } of pieces) store.retain(place, position, length)
  let left = 1
  let failed: Error | null = null
  const one = (error: Error | null) => {
    failed ??= error
    if (--left > 0) return
    for (const { place, position, length } of pieces) store.release(place, position, length)
    done(failed)
  }
  const small: { piece: Piece; to: number }[] = []
  const runs: Run[] = []
  let run: Run | null = null
  const large = Math.min(LARGE_PIECE, store.windows.longest / 4)
  for (const piece of pieces) {
    if (!copyPiece(store, arena, piece, into, at)) {
      if (piece.length < large) small.push({ piece, to: at })
      else if (run === null || !addToRun(store, run, piece, into, at)) {
        run = { place: piece.place, position: piece.position, length: 0, parts: [] }
        runs.push(run)
        addToRun(store, run, piece, into, at)
      }
    }
    at += piece.length
  }
  for (const each of runs) {
    left++
    readRun(store, each, one)
  }
  readSmall(store, arena, small, into, one)
}

/** Pieces that lie near each other in one file, read in one go. */
interface Run extends Piece {
  /** Where the pieces go, and what lies between them. */
  readonly parts: Uint8Array[]
}

/** What lies between two pieces of the journal is read with them if it is no more than this: as a rule it is an entry's header. */
const GAP = 1024

/** Whether the piece could be added: it lies near the run's end, or is its first one. */
function addToRun({ files }: Store, run: Run, piece: Piece, into: Uint8Array, at: number): boolean {
  const end = run.position + run.length
  const gap = piece.position - end
  if (run.length > 0) {
    if (run.place !== JOURNAL || piece.place !== JOURNAL || gap < 0 || gap > GAP) return false
    if (files.numberOf(piece.position) !== files.numberOf(run.position)) return false
    if (gap > 0) run.parts.push(new Uint8Array(gap))
  }
  run.parts.push(into.subarray(at, at + piece.length))
  run.length += gap + piece.length
  return true
}

function readRun(store: Store, { place, position, length, parts }: Run, done: (error: Error | null) => void): void {
  if (place === JOURNAL) store.reader.readAsync(position, parts, done, EDGE_OF_LONG)
  else store.readAsync(place, position, length, parts[0]!, 0, done)
}

/** Copies a piece that is in memory; false if it is not. */
function copyPiece(store: Store, arena: Uint8Array, piece: Piece, into: Uint8Array, at: number): boolean {
  const from = store.locate(piece.place, piece.position, piece.length)
  if (from >= 0) into.set(arena.subarray(from, from + piece.length), at)
  return from >= 0
}

/** Reads small pieces one window after the other: each brings a run of them. */
function readSmall(
  store: Store,
  arena: Uint8Array,
  pieces: readonly { piece: Piece; to: number }[],
  into: Uint8Array,
  done: (error: Error | null) => void,
): void {
  let next = 0
  const goOn = (error: Error | null) => {
    if (error !== null) {
      done(error)
      return
    }
    const before = next
    while (next < pieces.length && copyPiece(store, arena, pieces[next]!.piece, into, pieces[next]!.to)) next++
    if (next === pieces.length) done(null)
    else if (next > before || !loaded) load()
    else done(new Error('the bytes of a batch are gone'))
  }
  let loaded = false
  const load = () => {
    const { place, position, length } = pieces[next]!.piece
    loaded = true
    store.load(place, position, length, goOn)
  }
  goOn(null)
}

/** Leaves out the batches that end before `offset`: an entry of the index may be a run of batches. */
export function withoutHead(slice: Slice, offset: number): Slice {
  let { at } = slice
  const end = slice.at + slice.length
  while (at < end && baseOffset(slice.bytes, at) + lastOffsetDelta(slice.bytes, at) < offset) {
    at += batchSize(slice.bytes, at)
  }
  if (at === slice.at) return slice
  const rest: Slice = { bytes: slice.bytes, at, length: end - at }
  if (slice.next !== undefined) rest.next = slice.next
  return rest
}

/** Leaves out the batches from `end` on. */
export function withoutTail(
  slice: { readonly bytes: Uint8Array; readonly at: number; length: number },
  end: number,
): void {
  let { at } = slice
  const stop = slice.at + slice.length
  while (at < stop && baseOffset(slice.bytes, at) < end) at += batchSize(slice.bytes, at)
  slice.length = at - slice.at
}
