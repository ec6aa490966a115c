import { BATCH_HEADER, sealBatch, TRANSACTIONAL } from '../../../src/core/partition/batch.ts'
import { putI64, putU16, putU32 } from '../../../src/std/bytes.ts'
import { putVarint, varintSize } from '../../../src/std/zigzag.ts'

const KEY_BYTES = 8
const NOT_A_PRODUCER = -1

/** One record batch that is sent again and again, with other keys or another sequence. */
export class Batch {
  readonly bytes: Uint8Array
  readonly count: number
  /** Where each record's key is. */
  private readonly keys: readonly number[]

  /** `count` records with keys of 8 bytes and values of `size`. */
  constructor(count: number, size: number) {
    this.count = count
    const bytes = new Uint8Array(BATCH_HEADER + count * (size + KEY_BYTES + 32)).fill(120)
    const keys: number[] = []
    let at = BATCH_HEADER
    for (let i = 0; i < count; i++) {
      const length = 4 + varintSize(i) + KEY_BYTES + varintSize(size) + size
      at = putVarint(bytes, at, length)
      bytes[at++] = 0
      at = putVarint(bytes, at, 0)
      at = putVarint(bytes, at, i)
      at = putVarint(bytes, at, KEY_BYTES)
      keys.push(at)
      at = putVarint(bytes, at + KEY_BYTES, size) + size
      at = putVarint(bytes, at, 0)
    }
    this.bytes = bytes.subarray(0, at)
    this.keys = keys
    bytes.fill(0, 0, BATCH_HEADER)
    bytes[16] = 2
    putU32(bytes, 23, count - 1)
    this.setProducer(NOT_A_PRODUCER, NOT_A_PRODUCER, NOT_A_PRODUCER)
  }

  setKeys(keyOf: (i: number) => number): void {
    for (let i = 0; i < this.count; i++) putI64(this.bytes, this.keys[i]!, keyOf(i))
  }

  /** Within a transaction, unless the id is -1. */
  setProducer(id: number, epoch: number, sequence: number): void {
    const { bytes } = this
    putU16(bytes, 21, id < 0 ? 0 : TRANSACTIONAL)
    putI64(bytes, 43, id)
    putU16(bytes, 51, epoch & 0xffff)
    putU32(bytes, 53, sequence >>> 0)
  }

  /** As a request takes it. */
  sealed(): { readonly bytes: Uint8Array; readonly at: number; readonly length: number } {
    const { bytes, count } = this
    const now = Date.now()
    putI64(bytes, 27, now)
    sealBatch(bytes, 0, bytes.length, count, now)
    return { bytes, at: 0, length: bytes.length }
  }
}
