import { gunzipSync } from 'node:zlib'
import { crc32c } from '../../src/std/crc32c.ts'
import { rule } from '../failure.ts'
import { decodeKeyed, type KeyedAt } from '../kafka/keyed-batch.ts'

const HEADER = 61
const TRANSACTIONAL = 16
const CONTROL = 32

/** A transaction that a reader is told to leave out. */
interface Aborted {
  readonly producerId: number
  readonly firstOffset: number
}

/**
 * As `decodeKeyed`, of batches that may be packed with gzip, and as a reader of committed records: a producer whose aborted transaction has begun is left out until its marker
 * comes.
 */
export function decodePacked(
  bytes: Uint8Array,
  aborted: readonly Aborted[] = [],
): { records: KeyedAt[]; next: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const waiting = [...aborted].sort((one, other) => one.firstOffset - other.firstOffset)
  const aborting = new Set<number>()
  const plain: Uint8Array[] = []
  let next = -1
  for (let at = 0; bytes.length - at >= HEADER; ) {
    const end = at + 12 + view.getInt32(at + 8)
    if (end > bytes.length) break
    const batch = bytes.slice(at, end)
    rule(view.getUint32(at + 17) === crc32c(batch, 21, batch.length), 'a batch does not match its checksum')
    const attributes = view.getInt16(at + 21)
    const producerId = Number(view.getBigInt64(at + 43))
    next = Number(view.getBigInt64(at)) + view.getInt32(at + 23) + 1
    while (waiting.length > 0 && waiting[0]!.firstOffset < next) aborting.add(waiting.shift()!.producerId)
    if ((attributes & CONTROL) !== 0) {
      if (!isCommit(batch)) aborting.delete(producerId)
    } else if ((attributes & TRANSACTIONAL) === 0 || !aborting.has(producerId)) {
      plain.push((attributes & 7) === 0 ? batch : unpacked(batch))
    }
    at = end
  }
  return { records: decodeKeyed(Buffer.concat(plain)).records, next }
}

/** A marker is one record, whose times may be written anew: length, attributes, two deltas, then a key of version and type. */
function isCommit(marker: Uint8Array): boolean {
  let at = HEADER
  const skip = () => {
    while (marker[at++]! >= 128);
  }
  skip()
  at++
  for (let n = 0; n < 3; n++) skip()
  return marker[at + 3] === 1
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
