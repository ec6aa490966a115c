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
//
// The last values begin at 0 (sequence -1). Messages of one size in one journal cost one or two bytes each.

const HEADER = 12
/** A control byte and five varints. */
const ENTRY_LIMIT = 1 + 5 * 8

const SEQUENCE = 1
const LENGTH = 2
const POSITION = 4
const FLAGS = 8
const EXPIRY = 16

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

  add(sequence: number, position: number, length: number, flags: number, expiry: number): void {
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
    out.bytes[control] = bits
    this.step = position - this.position
    this.sequence = sequence
    this.length = length
    this.position = position
    this.flags = flags
    this.expiry = expiry
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

/** Calls `visit` for each entry of a slice and returns the slice's end. */
export function readSlice(
  bytes: Uint8Array,
  visit: (sequence: number, position: number, length: number, flags: number, expiry: number) => void,
): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = view.getFloat64(0, true)
  const count = view.getUint32(8, true)
  const reader = new VarintReader(bytes, HEADER)
  let sequence = -1
  let length = 0
  let position = 0
  let step = 0
  let flags = 0
  let expiry = 0
  for (let n = 0; n < count; n++) {
    const bits = bytes[reader.at++] as number
    sequence += bits & SEQUENCE ? reader.number() : 1
    if (bits & LENGTH) length = reader.number()
    if (bits & POSITION) step = reader.signed()
    position += step
    if (bits & FLAGS) flags = reader.number()
    if (bits & EXPIRY) expiry += reader.signed()
    visit(sequence, position, length, flags, expiry)
  }
  assert(reader.at === bytes.length, 'a slice of a queue index has the length its entries have')
  return end
}
