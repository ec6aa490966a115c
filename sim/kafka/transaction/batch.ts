import { crc32c } from '../../../src/std/crc32c.ts'
import { rule } from '../../failure.ts'
import { type BatchFields, decodeBatches } from '../batch.ts'

const HEADER = 61
const CONTROL = 32
const TRANSACTIONAL = 16

/** The end of a transaction in a partition. */
export interface MarkerFields {
  readonly producerId: number
  readonly commit: boolean
}

/** A batch of records, or a marker; `offset` is its first, `end` one above its last. */
export interface LedgerBatch {
  readonly offset: number
  readonly end: number
  readonly transactional: boolean
  readonly marker: MarkerFields | null
  readonly records: BatchFields | null
}

/** Reads whole batches and markers; what is cut off at the end is left out. */
export function decodeLedger(bytes: Uint8Array): LedgerBatch[] {
  const found: LedgerBatch[] = []
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  for (let at = 0; bytes.length - at >= HEADER; ) {
    const end = at + 12 + view.getInt32(at + 8)
    if (end > bytes.length) break
    const attributes = view.getInt16(at + 21)
    const offset = Number(view.getBigInt64(at))
    const last = offset + view.getInt32(at + 23)
    const transactional = (attributes & TRANSACTIONAL) !== 0
    const about = { offset, end: last + 1, transactional }
    if ((attributes & CONTROL) === 0) {
      found.push({ ...about, marker: null, records: decodeBatches(bytes.subarray(at, end))[0]! })
    } else {
      rule(view.getUint32(at + 17) === crc32c(bytes, at + 21, end), 'a marker does not match its checksum')
      const producerId = Number(view.getBigInt64(at + 43))
      // One record: its length, attributes and two deltas in a byte each, then a key of version and type.
      const type = view.getInt16(at + HEADER + 7)
      rule(last === offset && type <= 1, 'a marker takes one offset and commits or aborts')
      found.push({ ...about, marker: { producerId, commit: type === 1 }, records: null })
    }
    at = end
  }
  return found
}
