import { assert } from '../../std/assert.ts'
import { VarintReader, VarintWriter } from '../../std/varint.ts'

// A slice of a queue's index, as a checkpoint keeps it:
//
//   ┌────────────┬───────────┬─────────────────────────────────────────────────────────────────────┐
//   │ end        │ count     │ count entries                                                       │
//   │ f64 le     │ u32 le    │                                                                     │
//   └────────────┴───────────┴─────────────────────────────────────────────────────────────────────┘
//   entry: a control byte, then what it announces, each a LEB128 varint, differences as zigzag
//   bit 0  sequence is not the last one + 1: their difference
//   bit 1  length is not the last one: the length
//   bit 2  position is not the last one + the last step: position minus the last position
//   bit 3  flags are not the last ones: the flags
//   bit 4  expiry is not the last one: expiry minus the last expiry
//   bit 5  priority is not the last one: the priority
//   bit 6  counts are not the last ones: how often it was handed out before, and how often that failed
//
// The last values begin at 0 (sequence -1). Messages of one size in one journal cost one or two bytes each.

const HEADER = 12
/** A control byte and eight varints. */
const ENTRY_LIMIT = 1 + 8 * 8

const SEQUENCE = 1
const LENGTH = 2
const POSITION = 4
const FLAGS = 8
const EXPIRY = 16
const PRIORITY = 32
const COUNTS = 64

/** One entry, as a slice has it. */
export interface SliceEntry {
  sequence: number
  position: number
  length: number
  flags: number
  expiry: number
  priority: number
  /** How often it was handed out before, and how often that failed. */
  acquired: number
  failed: number
}

/** Collects entries, in rising order of sequence, to a slice. */
export class SliceWriter {
  count = 0
  private readonly out = new VarintWriter(HEADER)
  private sequence = -1
  private length = 0
  private position = 0
  private step = 0
  private flags = 0
  private expiry = 0
  private priority = 0
  private acquired = 0
  private failed = 0

  add({ sequence, position, length, flags, expiry, priority, acquired, failed }: SliceEntry): void {
    const out = this.out
    out.room(ENTRY_LIMIT)
    const control = out.at++
    let bits = 0
    if (sequence !== this.sequence + 1) {
      bits |= SEQUENCE
      out.number(sequence - this.sequence)
    }
    if (length !== this.length) {
      bits |= LENGTH
      out.number(length)
    }
    if (position !== this.position + this.step) {
      bits |= POSITION
      out.signed(position - this.position)
    }
    if (flags !== this.flags) {
      bits |= FLAGS
      out.number(flags)
    }
    if (expiry !== this.expiry) {
      bits |= EXPIRY
      out.signed(expiry - this.expiry)
    }
    if (priority !== this.priority) {
      bits |= PRIORITY
      out.number(priority)
    }
    if (acquired !== this.acquired || failed !== this.failed) {
      bits |= COUNTS
      out.number(acquired)
      out.number(failed)
    }
    out.bytes[control] = bits
    this.step = position - this.position
    this.sequence = sequence
    this.length = length
    this.position = position
    this.flags = flags
    this.expiry = expiry
    this.priority = priority
    this.acquired = acquired
    this.failed = failed
    this.count++
  }

  /** The slice; sequences below `end` that are not in it, nor in one before, are gone. */
  finish(end: number): Uint8Array {
    const slice = this.out.finish()
    const view = new DataView(slice.buffer)
    view.setFloat64(0, end, true)
    view.setUint32(8, this.count, true)
    return slice
  }
}

/** Calls `visit` for each entry of a slice, always with the same object, and returns the slice's end. */
export function readSlice(bytes: Uint8Array, visit: (entry: SliceEntry) => void): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = view.getFloat64(0, true)
  const count = view.getUint32(8, true)
  const reader = new VarintReader(bytes, HEADER)
  const entry = makeEntry()
  entry.sequence = -1
  let step = 0
  for (let n = 0; n < count; n++) {
    const bits = bytes[reader.at++] as number
    entry.sequence += bits & SEQUENCE ? reader.number() : 1
    if (bits & LENGTH) entry.length = reader.number()
    if (bits & POSITION) step = reader.signed()
    entry.position += step
    if (bits & FLAGS) entry.flags = reader.number()
    if (bits & EXPIRY) entry.expiry += reader.signed()
    if (bits & PRIORITY) entry.priority = reader.number()
    if (bits & COUNTS) {
      entry.acquired = reader.number()
      entry.failed = reader.number()
    }
    visit(entry)
  }
  assert(reader.at === bytes.length, 'a slice of a queue index has the length its entries have')
  return end
}

export function makeEntry(): SliceEntry {
  return { sequence: 0, position: 0, length: 0, flags: 0, expiry: 0, priority: 0, acquired: 0, failed: 0 }
}
