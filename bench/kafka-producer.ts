import { BatchBuilder } from '../src/core/partition/batch-builder.ts'
import { ProduceRequest, ProduceResponse } from '../src/wire/kafka/messages/produce.ts'
import { decoded, encoded, type KafkaClient } from './shapes/kafka/client.ts'

const IN_FLIGHT = 5

/** Sends the same batch again and again. Returns how many records in how many seconds. */
export async function produce(
  client: KafkaClient,
  topic: string,
  { value, count, ms }: { readonly value: Uint8Array; readonly count: number; readonly ms: number },
): Promise<{ count: number; seconds: number }> {
  const bytes = batchOf(value, count)
  const records = { bytes, at: 0, length: bytes.length }
  const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }]
  const request = encoded(ProduceRequest, 9, { transactionalId: null, acks: -1, timeoutMs: 30_000, topicData })
  const began = performance.now()
  let batches = 0
  const lane = async () => {
    while (performance.now() - began < ms) {
      const told = decoded(ProduceResponse, 9, await client.send(request)).responses[0]!.partitionResponses[0]!
      if (told.errorCode !== 0) throw new Error(`${topic}: ${told.errorCode} ${told.errorMessage}`)
      batches += 1
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane))
  return { count: batches * count, seconds: (performance.now() - began) / 1000 }
}

function batchOf(value: Uint8Array, count: number): Uint8Array {
  const builder = new BatchBuilder()
  for (let i = 0; i < count; i += 1) {
    const at = builder.add(value.length, value.length + 1)
    builder.bytes.set(value, at)
    builder.bytes[at + value.length] = 0
  }
  builder.seal(Date.now())
  return builder.bytes.slice(0, builder.length)
}
