import { getF64, getU32, putF64, putU32 } from '../std/bytes.ts'
import { VarintReader, VarintWriter } from '../std/varint.ts'

/** The type of the journal record that says which bodies are in a segment now. */
export const MOVED_RECORD = 250

// A journal record of type 250: some of a segment's bodies are in their place, and indexes point to them. The segment is on the disk
// before the first one is written.
//
//   ┌─────────────┬─────────┬───────────┬───────────┬────────────────────────────────────────────────────────────────────┐
//   │ segment u32 │ end u32 │ total f64 │ count u32 │ count x (owner's id - last, sequence - last, offset - last end,    │
//   │             │         │           │           │ length), LEB128 varints, differences as zigzag                     │
//   └─────────────┴─────────┴───────────┴───────────┴────────────────────────────────────────────────────────────────────┘
//
// `end` and `total` are the segment's (see segment.ts). Of an owner with runs an entry may stand for several of its batches.
const HEADER = 20
/** Bytes that an entry takes at most. */
export const ENTRY_LIMIT = 4 * 8

export interface MovedHeader {
  readonly segment: number
  readonly end: number
  readonly total: number
}

export class DirectoryWriter {
  count = 0
  private readonly out = new VarintWriter(HEADER)
  private id = 0
  private sequence = 0
  private offset = 0

  add(id: number, sequence: number, offset: number, length: number): void {
    const { out } = this
    out.room(ENTRY_LIMIT)
    out.signed(id - this.id)
    out.signed(sequence - this.sequence)
    out.signed(offset - this.offset)
    out.number(length)
    this.id = id
    this.sequence = sequence
    this.offset = offset + length
    this.count++
  }

  /** The record's payload. */
  finish(header: MovedHeader): Uint8Array {
    const bytes = this.out.finish()
    putU32(bytes, 0, header.segment)
    putU32(bytes, 4, header.end)
    putF64(bytes, 8, header.total)
    putU32(bytes, 16, this.count)
    return bytes
  }
}

export function readMoved(
  bytes: Uint8Array,
  at: number,
  visit: (id: number, sequence: number, offset: number, length: number) => void,
): MovedHeader {
  const reader = new VarintReader(bytes, at + HEADER)
  let id = 0
  let sequence = 0
  let offset = 0
  for (let n = getU32(bytes, at + 16); n > 0; n--) {
    id += reader.signed()
    sequence += reader.signed()
    offset += reader.signed()
    const length = reader.number()
    visit(id, sequence, offset, length)
    offset += length
  }
  return { segment: getU32(bytes, at), end: getU32(bytes, at + 4), total: getF64(bytes, at + 8) }
}
