import type { Queue } from '../../core/queue/queue.ts'
import { Writer } from '../../wire/amqp/writer.ts'
import { readStored, writeStored } from './stored-message.ts'

const writer = new Writer()

/** A stored message that was handed out before, as it goes out again: with its counts in the headers. The bytes are good until the next call. */
export function withCounts(queue: Queue, sequence: number, bytes: Uint8Array, at: number, length: number): Uint8Array {
  const stored = readStored(bytes, at, at + length)
  if (stored === null) return bytes.subarray(at, at + length)
  const headers = new Map(stored.properties.headers ?? [])
  const failed = queue.index.failed(sequence)
  headers.set('x-acquired-count', { type: 'l', value: queue.handouts(sequence) })
  if (failed > 0) headers.set('x-delivery-count', { type: 'l', value: failed })
  const sorted = new Map([...headers].sort(([a], [b]) => (a < b ? -1 : 1)))
  writeStored(writer, stored, { ...stored, properties: { ...stored.properties, headers: sorted } })
  return writer.written()
}
