import { getU16, putI64, putU16, putU32 } from '../../std/bytes.ts'
import { crc32c } from '../../std/crc32c.ts'
import { BATCH_HEADER, BATCH_PREFIX, CONTROL, TRANSACTIONAL } from './batch.ts'

/*
 * The end of a transaction in a partition: a control batch with one record, which takes one offset. The header is that of every batch,
 * see batch.ts; the sequence is -1. Behind it, each length a zigzag varint of one byte:
 *
 *   ┌────────┬────────────┬────────────┬──────────────┬────────┬──────────┬────────┬────────┬───────────────┬─────────┐
 *   │ length │ attributes │ time delta │ offset delta │ 4      │ 0, then  │ 6      │ 0      │ coordinator   │ headers │
 *   │ 61     │ 62: 0      │ 63: 0      │ 64: 0        │ 65     │ type i16 │ 70     │ 71:i16 │ epoch 73: i32 │ 77: 0   │
 *   └────────┴────────────┴────────────┴──────────────┴────────┴──────────┴────────┴────────┴───────────────┴─────────┘
 *   The key's version is at 66, its type at 68: 0 aborts, 1 commits.
 */
export const MARKER_BYTES = BATCH_HEADER + 17
const COMMIT = 1

/** What a marker says. */
export interface Marker {
  readonly producerId: number
  readonly epoch: number
  readonly commit: boolean
  /** The epoch of the coordinator that wrote it. */
  readonly coordinatorEpoch: number
}

/** Writes a marker of `MARKER_BYTES` bytes; its place in the log is put in by `placeBatch`. */
export function putMarker(bytes: Uint8Array, at: number, marker: Marker, now: number): void {
  bytes.fill(0, at, at + MARKER_BYTES)
  putU32(bytes, at + 8, MARKER_BYTES - BATCH_PREFIX)
  bytes[at + 16] = 2
  putU16(bytes, at + 21, TRANSACTIONAL | CONTROL)
  putI64(bytes, at + 27, now)
  putI64(bytes, at + 35, now)
  putI64(bytes, at + 43, marker.producerId)
  putU16(bytes, at + 51, marker.epoch & 0xffff)
  putU32(bytes, at + 53, 0xffffffff)
  putU32(bytes, at + 57, 1)
  bytes[at + 61] = 2 * (MARKER_BYTES - BATCH_HEADER - 1)
  bytes[at + 65] = 2 * 4
  putU16(bytes, at + 68, marker.commit ? COMMIT : 0)
  bytes[at + 70] = 2 * 6
  putU32(bytes, at + 73, marker.coordinatorEpoch)
  putU32(bytes, at + 17, crc32c(bytes, at + 21, at + MARKER_BYTES))
}

/** Of a marker: whether the transaction took place. */
export function isCommit(bytes: Uint8Array, at: number): boolean {
  return getU16(bytes, at + 68) === COMMIT
}

export function coordinatorEpoch(bytes: Uint8Array, at: number): number {
  return (bytes[at + 73]! << 24) | (bytes[at + 74]! << 16) | (bytes[at + 75]! << 8) | bytes[at + 76]!
}
