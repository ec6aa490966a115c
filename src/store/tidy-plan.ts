import type { Owner } from './fold.ts'
import { SEGMENT_BLOCK, SEGMENT_HEADER } from './segment.ts'
import { DirectoryWriter, ENTRY_LIMIT, type MovedHeader } from './segment-directory.ts'

/** Batches are joined to runs of this many bytes at most. */
const RUN = 64 * 1024

/** A segment that is to be written. */
export interface Output {
  number: number
  /** Bytes of header and bodies. */
  end: number
  total: number
  /** Bodies in the order of their offsets. */
  readonly bodies: number[]
  /** Items in order of owner and sequence. */
  readonly items: number[]
}

/**
 * What a tidying moves: entries of indexes (items) and the bytes they point to (bodies), which several items may share. Items
 * come in order of owner and sequence, and their bodies are laid out in that order: what belongs together lies together.
 */
export class TidyPlan {
  readonly outputs: Output[] = []
  // Of each item.
  readonly owners: Owner[] = []
  readonly sequences: number[] = []
  readonly bodyOf: number[] = []
  // Of each body.
  readonly positions: number[] = []
  readonly lengths: number[] = []
  /** Where it goes in its segment; 0 before `layOut`. */
  readonly offsets: number[] = []
  /** Whether items of more than one owner point to it. */
  private readonly shared: boolean[] = []
  private readonly byPosition = new Map<number, number>()
  private readonly joins: boolean

  /**
   * `joins` says that an owner's items follow each other in its index, so that they may become runs: so it is with a part of
   * the journal. Between two entries of a few segments there may be others, elsewhere.
   */
  constructor(joins: boolean) {
    this.joins = joins
  }

  get items(): number {
    return this.owners.length
  }

  /** Bytes that the segments' files take, at most. */
  get size(): number {
    let size = 0
    for (const { end, items } of this.outputs) size += end + (end / SEGMENT_BLOCK + 1) * 4 + items.length * ENTRY_LIMIT
    return size + this.outputs.length * 100
  }

  add(owner: Owner, sequence: number, position: number, length: number): void {
    let body = this.byPosition.get(position)
    if (body === undefined) {
      body = this.positions.length
      this.byPosition.set(position, body)
      this.positions.push(position)
      this.lengths.push(length)
      this.offsets.push(0)
      this.shared.push(false)
    } else this.shared[body] = true
    this.owners.push(owner)
    this.sequences.push(sequence)
    this.bodyOf.push(body)
  }

  /**
   * Gives each body its place: an owner with `own` bytes that no other points to gets a segment for these, everything else
   * goes to one. Segments are numbered from `next` on.
   */
  layOut(next: number, own: number): void {
    this.byPosition.clear()
    const common: Output = { number: 0, end: SEGMENT_HEADER, total: 0, bodies: [], items: [] }
    for (let from = 0; from < this.items; ) {
      const owner = this.owners[from]!
      let to = from
      let alone = 0
      for (; to < this.items && this.owners[to] === owner; to++) {
        const body = this.bodyOf[to]!
        if (!this.shared[body]) alone += this.lengths[body]!
      }
      const output = alone >= own ? { number: 0, end: SEGMENT_HEADER, total: 0, bodies: [], items: [] } : common
      for (let item = from; item < to; item++) {
        this.put(item, this.shared[this.bodyOf[item]!] ? common : output)
      }
      if (output !== common) this.outputs.push(output)
      from = to
    }
    if (common.items.length > 0) this.outputs.push(common)
    for (const output of this.outputs) output.number = next++
  }

  /** All that a segment holds, for its footer. */
  directory(output: Output): Uint8Array {
    const writer = new DirectoryWriter()
    for (let i = 0; i < output.items.length; i = this.runEnd(output, i)) {
      const item = output.items[i]!
      const length = this.runLength(output, i, this.runEnd(output, i))
      writer.add(this.owners[item]!.id, this.sequences[item]!, this.offsets[this.bodyOf[item]!]!, length)
    }
    return writer.finish(headerOf(output))
  }

  /** Where the run that begins with the output's item `from` ends: the next item, unless its owner has runs. */
  runEnd(output: Output, from: number): number {
    const owner = this.owners[output.items[from]!]!
    let to = from + 1
    if (!owner.runs || !this.joins) return to
    let length = this.lengths[this.bodyOf[output.items[from]!]!]!
    for (; to < output.items.length; to++) {
      const item = output.items[to]!
      const body = this.bodyOf[item]!
      const before = this.bodyOf[output.items[to - 1]!]!
      length += this.lengths[body]!
      if (this.owners[item] !== owner || length > RUN) break
      if (this.offsets[body] !== this.offsets[before]! + this.lengths[before]!) break
    }
    return to
  }

  runLength(output: Output, from: number, to: number): number {
    let length = 0
    for (let i = from; i < to; i++) length += this.lengths[this.bodyOf[output.items[i]!]!]!
    return length
  }

  private put(item: number, output: Output): void {
    const body = this.bodyOf[item]!
    const length = this.lengths[body]!
    output.items.push(item)
    output.total += length
    if (this.offsets[body] !== 0) return
    this.offsets[body] = output.end
    output.bodies.push(body)
    output.end += length
  }
}

export function headerOf(output: Output): MovedHeader {
  return { segment: output.number, end: output.end, total: output.total }
}
