import type { Headers, IncomingRecord } from '../../../sdk/engine.ts'
import { SENT_AT } from '../../../sdk/wire-names.ts'
import type { AnswerOf } from './cluster.ts'
import type { Apis } from './library.ts'

/** A record on its way: its partition is known. */
export interface Outgoing {
  readonly topic: string
  readonly partition: number
  readonly key: string | null
  readonly body: Uint8Array | null
  readonly headers: Headers
  readonly timestamp: number
}

/** What a record takes beside what is in it. */
const OVERHEAD = 80
/** The same for each of its headers. */
const HEADER_OVERHEAD = 10

/** About as many bytes as it takes on the wire. */
export function sizeOf({ key, body, headers }: Outgoing): number {
  let size = OVERHEAD + 3 * (key?.length ?? 0) + (body?.length ?? 0)
  for (const name in headers) size += HEADER_OVERHEAD + name.length + headers[name]!.length
  return size
}

/** As the library takes it. */
export function toMessage({ topic, partition, key, body, headers, timestamp }: Outgoing) {
  const table = new Map<Buffer, Buffer>()
  for (const name in headers) {
    // The record's own timestamp says it.
    if (name === SENT_AT && Number(headers[name]) === timestamp) continue
    table.set(nameBytes(name), Buffer.from(headers[name]!))
  }
  return {
    topic,
    partition,
    ...(key === null ? {} : { key: Buffer.from(key) }),
    // The library's types know no record without a value, its codec does.
    value: (body === null ? undefined : asBuffer(body)) as Buffer,
    headers: table,
    timestamp: BigInt(timestamp),
  }
}

/** Names of headers are few, and the same again and again. */
const MOST_NAMES = 1000
const encodedNames = new Map<string, Buffer>()
const decodedNames = new Map<string, string>()

function nameBytes(name: string): Buffer {
  const known = encodedNames.get(name)
  if (known !== undefined) return known
  const bytes = Buffer.from(name)
  if (encodedNames.size < MOST_NAMES) encodedNames.set(name, bytes)
  return bytes
}

function nameOf(bytes: Buffer): string {
  const raw = bytes.toString('latin1')
  const known = decodedNames.get(raw)
  if (known !== undefined) return known
  const name = bytes.toString('utf8').toLowerCase()
  if (decodedNames.size < MOST_NAMES) decodedNames.set(raw, name)
  return name
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

type Fetched = AnswerOf<Apis['fetch']>['responses'][number]['partitions'][number]
type Batch = NonNullable<Fetched['records']>[number]

const TIMESTAMP_IS_APPEND = 1 << 3
const IS_TRANSACTIONAL = 1 << 4
const IS_CONTROL = 1 << 5
/** The type of a control record, the second number of its key, that ends a transaction in vain. */
const ABORT = 0

export interface Decoded {
  readonly records: readonly IncomingRecord[]
  /** The next offset to read; null if nothing whole came. */
  readonly next: number | null
}

/** Records from `from` on: without those of transactions that were aborted, and without what the broker writes for itself. */
export function decode({ records: batches = [], abortedTransactions }: Fetched, from: number): Decoded {
  const records: IncomingRecord[] = []
  const aborted = [...abortedTransactions].sort((a, b) => Number(a.firstOffset - b.firstOffset))
  const inVain = new Set<bigint>()
  let next: number | null = null
  let begun = 0
  for (const batch of batches) {
    next = Number(batch.firstOffset) + batch.lastOffsetDelta + 1
    while (begun < aborted.length && Number(aborted[begun]!.firstOffset) < next)
      inVain.add(aborted[begun++]!.producerId)
    if ((batch.attributes & IS_CONTROL) !== 0) {
      if (batch.records[0]?.key?.readInt16BE(2) === ABORT) inVain.delete(batch.producerId)
      continue
    }
    if ((batch.attributes & IS_TRANSACTIONAL) !== 0 && inVain.has(batch.producerId)) continue
    decodeBatch(batch, from, records)
  }
  return { records, next }
}

function decodeBatch(batch: Batch, from: number, into: IncomingRecord[]): void {
  const base = Number(batch.firstOffset)
  const appended = (batch.attributes & TIMESTAMP_IS_APPEND) !== 0
  const first = Number(batch.firstTimestamp)
  for (const { offsetDelta, timestampDelta, key, value, headers } of batch.records) {
    const offset = base + offsetDelta
    // A batch is fetched as a whole.
    if (offset < from) continue
    into.push({
      offset,
      key: key == null ? null : key.toString('utf8'),
      body: value == null ? null : value,
      headers: decodeHeaders(headers),
      timestamp: appended ? Number(batch.maxTimestamp) : first + Number(timestampDelta),
    })
  }
}

function decodeHeaders(pairs: readonly (readonly [Buffer | null, Buffer | null])[]): Headers {
  const headers: Record<string, string> = {}
  for (const [name, value] of pairs) {
    if (name !== null && value !== null) headers[nameOf(name)] = value.toString('utf8')
  }
  return headers
}
