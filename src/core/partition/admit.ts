import { Codec, pack } from '../../wire/kafka/compression/codec.ts'
import {
  BATCH_HEADER,
  baseTimestamp,
  batchSize,
  compression,
  hasAppendTime,
  maxTimestamp,
  recordCount,
  sealBatch,
  setCompression,
} from './batch.ts'
import { recordsOf } from './records.ts'

/** What a topic wants of the records of a batch, so that it has to be opened. */
export interface Entry {
  /** Compaction has to tell records apart by their keys. */
  readonly keys: boolean
  /** The codec that the batch is to be packed with, or -1 for the producer's. */
  readonly codec: number
  readonly level: number
  /** Timestamps outside are refused. */
  readonly earliest: number
  readonly latest: number
}

export type Admitted =
  | { readonly fault: null; readonly bytes: Uint8Array | null }
  /** The records by number that are at fault; none if it is the batch. */
  | Rejection

interface Rejection {
  readonly fault: 'invalid' | 'no-key' | 'invalid-timestamp'
  readonly records: readonly number[]
  /** Their times, and what bounds these, where the fault is theirs. */
  readonly times: readonly number[]
  readonly earliest: number
  readonly latest: number
}

/** Records named in a refusal, at most. */
const MOST_NAMED = 100

/** Whether `admit` has to unpack or pack: work for a long time. */
export function isHeavy(bytes: Uint8Array, at: number, entry: Entry): boolean {
  const codec = compression(bytes, at)
  return codec !== Codec.none || (entry.codec > Codec.none && entry.codec !== codec)
}

/** Opens a batch that a producer sent; it comes back packed anew if its codec is not the one that is wanted. */
export function admit(bytes: Uint8Array, at: number, entry: Entry): Admitted {
  const base = baseTimestamp(bytes, at)
  const keyless: number[] = []
  const ill: number[] = []
  const times: number[] = []
  const { earliest, latest } = entry
  const reject = (fault: Rejection['fault'], named: readonly number[] = []): Rejection => {
    return { fault, records: named, times, earliest, latest }
  }
  const records = recordsOf(bytes, at)
  if (records === null) return reject('invalid')
  const anyTime = hasAppendTime(bytes, at)
  let count = 0
  for (; records.next(); count++) {
    if (records.offsetDelta !== count) return reject('invalid')
    if (entry.keys && records.keyLength < 0 && keyless.length < MOST_NAMED) keyless.push(count)
    const time = base + records.timestampDelta
    if (!anyTime && time >= 0 && (time < entry.earliest || time > entry.latest)) {
      if (ill.length < MOST_NAMED) {
        ill.push(count)
        times.push(time)
      }
    }
  }
  if (records.broken || count !== recordCount(bytes, at)) return reject('invalid')
  if (keyless.length > 0) return reject('no-key', keyless)
  if (ill.length > 0) return reject('invalid-timestamp', ill)
  if (entry.codec < 0 || entry.codec === compression(bytes, at)) return { fault: null, bytes: null }
  return { fault: null, bytes: repack(bytes, at, records.bytes, compression(bytes, at) === Codec.none, entry) }
}

function repack(bytes: Uint8Array, at: number, unpacked: Uint8Array, plain: boolean, entry: Entry): Uint8Array {
  const records = plain ? unpacked.subarray(at + BATCH_HEADER, at + batchSize(bytes, at)) : unpacked
  const packed = pack(entry.codec, records, entry.level)
  const batch = new Uint8Array(BATCH_HEADER + packed.length)
  batch.set(bytes.subarray(at, at + BATCH_HEADER))
  batch.set(packed, BATCH_HEADER)
  setCompression(batch, 0, entry.codec)
  sealBatch(batch, 0, batch.length, recordCount(bytes, at), maxTimestamp(bytes, at))
  return batch
}
