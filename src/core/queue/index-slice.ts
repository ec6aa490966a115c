import { assert } from '../../std/assert.ts'

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
/** A control byte, five varints of 8 bytes at most (53 bits and a sign). */
const ENTRY_LIMIT = 1 + 5 * 8

const SEQUENCE = 1
const LENGTH = 2
const POSITION = 4
const FLAGS = 8
const EXPIRY = 16

/** Collects entries, in rising order of sequence, to a slice. */
export class SliceWriter {
  count = 0
  private bytes = new Uint8Array(1024)
  private at = HEADER
  private sequence = -1
  private length = 0
  private position = 0
  private step = 0
  private flags = 0
  private expiry = 0

  add(sequence: number, position: number, length: number, flags: number, expiry: number): void {
    if (this.at + ENTRY_LIMIT > this.bytes.length) this.grow()
    const control = this.at++
    let bits = 0
    if (sequence !== this.sequence + 1) {
      bits |= SEQUENCE
      this.varint(sequence - this.sequence)
    }
    if (length !== this.length) {
      bits |= LENGTH
      this.varint(length)
    }
    if (position !== this.position + this.step) {
      bits |= POSITION
      this.zigzag(position - this.position)
    }
    if (flags !== this.flags) {
      bits |= FLAGS
      this.varint(flags)
    }
    if (expiry !== this.expiry) {
      bits |= EXPIRY
      this.zigzag(expiry - this.expiry)
    }
    this.bytes[control] = bits
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
    const view = new DataView(this.bytes.buffer)
    view.setFloat64(0, end, true)
    view.setUint32(8, this.count, true)
    return this.bytes.slice(0, this.at)
  }

  private grow(): void {
    const larger = new Uint8Array(this.bytes.length * 2)
    larger.set(this.bytes)
    this.bytes = larger
  }

  private varint(value: number): void {
    let rest = value
    while (rest >= 0x80) {
      this.bytes[this.at++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.bytes[this.at++] = rest
  }

  private zigzag(value: number): void {
    this.varint(value < 0 ? -value * 2 - 1 : value * 2)
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
  let at = HEADER
  const varint = (): number => {
    let value = 0
    let scale = 1
    while (true) {
      const byte = bytes[at++] as number
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 0x80
    }
  }
  const zigzag = (): number => {
    const value = varint()
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2
  }
  let sequence = -1
  let length = 0
  let position = 0
  let step = 0
  let flags = 0
  let expiry = 0
  for (let n = 0; n < count; n++) {
    const bits = bytes[at++] as number
    sequence += bits & SEQUENCE ? varint() : 1
    if (bits & LENGTH) length = varint()
    if (bits & POSITION) step = zigzag()
    position += step
    if (bits & FLAGS) flags = varint()
    if (bits & EXPIRY) expiry += zigzag()
    visit(sequence, position, length, flags, expiry)
  }
  assert(at === bytes.length, 'a slice of a queue index has the length its entries have')
  return end
}
