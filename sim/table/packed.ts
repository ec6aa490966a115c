import { gunzipSync } from 'node:zlib'
import { crc32c } from '../../src/std/crc32c.ts'
import { rule } from '../failure.ts'
import { decodeKeyed, type KeyedAt } from '../kafka/keyed-batch.ts'

const HEADER = 61

/** As `decodeKeyed`, of batches that may be packed with gzip. */
export function decodePacked(bytes: Uint8Array): { records: KeyedAt[]; next: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const plain: Uint8Array[] = []
  for (let at = 0; bytes.length - at >= HEADER; ) {
    const end = at + 12 + view.getInt32(at + 8)
    if (end > bytes.length) break
    const batch = bytes.slice(at, end)
    rule(view.getUint32(at + 17) === crc32c(batch, 21, batch.length), 'a batch does not match its checksum')
    plain.push((batch[22]! & 7) === 0 ? batch : unpacked(batch))
    at = end
  }
  return decodeKeyed(Buffer.concat(plain))
}

function unpacked(batch: Uint8Array): Uint8Array {
  const records = gunzipSync(batch.subarray(HEADER))
  const whole = new Uint8Array(HEADER + records.length)
  whole.set(batch.subarray(0, HEADER))
  whole.set(records, HEADER)
  whole[22]! &= ~7
  const view = new DataView(whole.buffer)
  view.setInt32(8, whole.length - 12)
  view.setUint32(17, crc32c(whole, 21, whole.length))
  return whole
}
