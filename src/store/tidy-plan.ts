import { type Column, numbers, words } from '../std/column.ts'
import { BodyTable } from './body-table.ts'
import type { Owner } from './fold.ts'
import { SEGMENT_BLOCK, SEGMENT_HEADER } from './segment.ts'
import { DirectoryWriter, ENTRY_LIMIT, type MovedHeader } from './segment-directory.ts'
import type { Steps } from './steps.ts'

/** Batches are joined to runs of this many bytes at most. */
const RUN = 64 * 1024
/** The source is read in slices of this many bytes. */
export const SLICE = 2 ** 20
/** Items laid out, or written to a directory, in a step. */
const ITEMS = 512

/** A segment that is to be written. */
export interface Output {
  number: number
  /** Bytes of header and bodies. */
  end: number
  total: number
  /** Items in order of owner and sequence. */
  readonly items: Column<Uint32Array>
}

/**
 * What a tidying moves: entries of indexes (items) and the bytes they point to (bodies), which several items may share. Items
 * come in order of owner and sequence, and their bodies are laid out in that order: what belongs together lies together. There may be
 * hundred thousands of both, so everything about them goes in bounded steps.
 */
export class TidyPlan {
  readonly outputs: Output[] = []
  // Of each body.
  readonly positions = numbers()
  readonly lengths = words()
  /** Where it goes in its segment; 0 before `layOut`. */
  readonly offsets = words()
  /** Which of the outputs that is. */
  readonly outputOf = words()
  /** 1 if items of more than one owner point to it. */
  private readonly shared = words()
  /** The next body of its slice, and one. */
  private readonly following = words()
  // Of each item.
  private readonly ownerOf = words()
  private readonly sequences = numbers()
  private readonly bodyOf = words()
  private readonly owners: Owner[] = []
  /** Bodies no longer than a slice by the slice they begin in, the first and one; and the longer ones. */
  private readonly heads = new Map<number, number>()
  private readonly large: number[] = []
  private readonly table = new BodyTable(this.positions)
  private joins = false

  /**
   * Empties the plan for another tidying; its memory is used again, as new arrays for each would be work for the garbage collector.
   * `joins` says that an owner's items follow each other in its index, so that they may become runs: so it is with a part of
   * the journal. Between two entries of a few segments there may be others, elsewhere.
   */
  reset(joins: boolean): void {
    this.joins = joins
    for (const column of [this.positions, this.lengths, this.offsets, this.outputOf, this.shared]) column.length = 0
    for (const column of [this.following, this.ownerOf, this.sequences, this.bodyOf]) column.length = 0
    this.outputs.length = 0
    this.owners.length = 0
    this.heads.clear()
    this.large.length = 0
    this.table.clear()
  }

  get items(): number {
    return this.ownerOf.length
  }

  /** Bytes that the segments' files take, at most. */
  get size(): number {
    let size = 0
    for (const { end, items } of this.outputs) size += end + (end / SEGMENT_BLOCK + 1) * 4 + items.length * ENTRY_LIMIT
    return size + this.outputs.length * 100
  }

  add(owner: Owner, sequence: number, position: number, length: number): void {
    let body = this.table.findOrAdd(position, this.positions.length)
    if (body < 0) body = this.addBody(position, length)
    else this.shared.values[body] = 1
    if (this.owners[this.owners.length - 1] !== owner) this.owners.push(owner)
    this.ownerOf.push(this.owners.length - 1)
    this.sequences.push(sequence)
    this.bodyOf.push(body)
  }

  /**
   * Gives each body its place: an owner with `own` bytes that no other points to gets a segment for these, everything else
   * goes to one. Segments are numbered from `next` on.
   */
  *layOut(next: number, own: number): Steps {
    const common = newOutput()
    const owners = this.ownerOf.values
    for (let from = 0; from < this.items; ) {
      const owner = owners[from]!
      let to = from
      let alone = 0
      for (; to < this.items && owners[to] === owner; to++) {
        const body = this.bodyOf.values[to]!
        if (this.shared.values[body] === 0) alone += this.lengths.values[body]!
        if (to % ITEMS === 0) yield 'turn'
      }
      const output = alone >= own ? newOutput() : common
      if (output !== common) this.outputs.push(output)
      for (let item = from; item < to; item++) {
        const alike = this.shared.values[this.bodyOf.values[item]!] === 1
        // The common segment is the last one.
        if (alike || output === common) this.put(item, common, NONE)
        else this.put(item, output, this.outputs.length - 1)
        if (item % ITEMS === 0) yield 'turn'
      }
      from = to
    }
    if (common.items.length > 0) this.outputs.push(common)
    for (const output of this.outputs) output.number = next++
  }

  /** The slices of the source in which small bodies begin, in order. */
  slices(): number[] {
    return [...this.heads.keys()].sort((a, b) => a - b)
  }

  /** The bodies that begin in a slice, in no order. */
  *bodiesIn(slice: number): Generator<number> {
    for (let body = this.heads.get(slice)!; body > 0; body = this.following.values[body - 1]!) yield body - 1
  }

  /** Bodies that are longer than a slice. */
  largeBodies(): readonly number[] {
    return this.large
  }

  outputFor(body: number): Output {
    const n = this.outputOf.values[body]!
    return this.outputs[n === NONE ? this.outputs.length - 1 : n]!
  }

  /** All that a segment holds, for its footer. */
  *directory(output: Output): Steps<Uint8Array> {
    const writer = new DirectoryWriter()
    let looked = 0
    for (let i = 0; i < output.items.length; ) {
      const to = this.runEnd(output, i)
      writer.add(
        this.owner(output, i).id,
        this.sequence(output, i),
        this.offset(output, i),
        this.runLength(output, i, to),
      )
      looked += to - i
      i = to
      if (looked < ITEMS) continue
      looked = 0
      yield 'turn'
    }
    return writer.finish(headerOf(output))
  }

  // Of the output's item `i`.

  owner(output: Output, i: number): Owner {
    return this.owners[this.ownerOf.values[output.items.values[i]!]!]!
  }

  sequence(output: Output, i: number): number {
    return this.sequences.values[output.items.values[i]!]!
  }

  offset(output: Output, i: number): number {
    return this.offsets.values[this.body(output, i)]!
  }

  body(output: Output, i: number): number {
    return this.bodyOf.values[output.items.values[i]!]!
  }

  /** Where the run that begins with the output's item `from` ends: the next item, unless its owner has runs. */
  runEnd(output: Output, from: number): number {
    const owner = this.owner(output, from)
    let to = from + 1
    if (!owner.runs || !this.joins) return to
    const lengths = this.lengths.values
    const offsets = this.offsets.values
    let length = lengths[this.body(output, from)]!
    for (; to < output.items.length; to++) {
      const body = this.body(output, to)
      const before = this.body(output, to - 1)
      length += lengths[body]!
      if (this.owner(output, to) !== owner || length > RUN) break
      if (offsets[body] !== offsets[before]! + lengths[before]!) break
    }
    return to
  }

  runLength(output: Output, from: number, to: number): number {
    let length = 0
    for (let i = from; i < to; i++) length += this.lengths.values[this.body(output, i)]!
    return length
  }

  private addBody(position: number, length: number): number {
    const body = this.positions.length
    this.positions.push(position)
    this.lengths.push(length)
    this.offsets.push(0)
    this.outputOf.push(NONE)
    this.shared.push(0)
    if (length > SLICE) {
      this.large.push(body)
      this.following.push(0)
      return body
    }
    const slice = Math.floor(position / SLICE)
    this.following.push(this.heads.get(slice) ?? 0)
    this.heads.set(slice, body + 1)
    return body
  }

  private put(item: number, output: Output, number: number): void {
    const body = this.bodyOf.values[item]!
    const length = this.lengths.values[body]!
    output.items.push(item)
    output.total += length
    if (this.offsets.values[body] !== 0) return
    this.offsets.values[body] = output.end
    this.outputOf.values[body] = number
    output.end += length
  }
}

/** Not an output of its own: the common one. */
const NONE = 0xffff_ffff

function newOutput(): Output {
  return { number: 0, end: SEGMENT_HEADER, total: 0, items: words() }
}

export function headerOf(output: Output): MovedHeader {
  return { segment: output.number, end: output.end, total: output.total }
}
