import { putI64, putU16, putU32 } from '../../std/bytes.ts'
import { putVarint, varintSize } from '../../std/zigzag.ts'
import { BATCH_HEADER, sealBatch } from './batch.ts'

const FIRST_CAPACITY = 4096
/** A builder that has been larger gives the memory back. */
const KEPT_CAPACITY = 1024 * 1024
/** Length, attributes, timestamp, offset and the lengths of key and value. */
const RECORD_HEAD = 32

/** Gathers records, all of one time, that the broker itself appends as one batch. */
export class BatchBuilder {
  bytes = new Uint8Array(FIRST_CAPACITY)
  /** Bytes so far, the batch's header among them. */
  length = BATCH_HEADER
  count = 0

  /** Adds a record without a key, and returns where `rest` bytes are to be written: the value of `valueLength` bytes, and its headers. */
  add(valueLength: number, rest: number): number {
    const size = 3 + varintSize(this.count) + varintSize(valueLength) + rest
    this.reserve(RECORD_HEAD + size)
    const { bytes } = this
    let at = putVarint(bytes, this.length, size)
    bytes[at++] = 0
    at = putVarint(bytes, at, 0)
    at = putVarint(bytes, at, this.count)
    at = putVarint(bytes, at, -1)
    at = putVarint(bytes, at, valueLength)
    this.length = at + rest
    this.count++
    return at
  }

  /** The batch is whole: it begins at the start of `bytes`. */
  seal(now: number): void {
    const { bytes } = this
    bytes.fill(0, 0, BATCH_HEADER)
    bytes[16] = 2
    putU32(bytes, 23, this.count - 1)
    putI64(bytes, 27, now)
    putI64(bytes, 43, -1)
    putU16(bytes, 51, 0xffff)
    putU32(bytes, 53, 0xffffffff)
    sealBatch(bytes, 0, this.length, this.count, now)
  }

  clear(): void {
    if (this.bytes.length > KEPT_CAPACITY) this.bytes = new Uint8Array(FIRST_CAPACITY)
    this.length = BATCH_HEADER
    this.count = 0
  }

  private reserve(more: number): void {
    const needed = this.length + more
    if (needed <= this.bytes.length) return
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2))
    grown.set(this.bytes.subarray(0, this.length))
    this.bytes = grown
  }
}
