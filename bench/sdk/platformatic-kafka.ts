import { randomUUID } from 'node:crypto'
import { Admin, Consumer, Producer } from '@platformatic/kafka'
import { Ledger, type Load, orderOf, type Session, sendAll } from './way.ts'

const PARTITIONS = 4
const AUTOCOMMIT_MS = 100

/**
 * The client library for Kafka alone: a producer that all replicas acknowledge, idempotent where it can be, a member of a group whose progress is kept. With
 * `headers` each record has an id and says what it is, as the SDK's have.
 */
async function bare(address: string, name: string, load: Load, headers: boolean): Promise<Session> {
  const base = { clientId: 'bench', bootstrapBrokers: [address] }
  const admin = new Admin(base)
  await admin.createTopics({ topics: [name], partitions: PARTITIONS, replicas: 1 })
  await admin.close()
  const text = (value: string | undefined) => Buffer.from(value ?? '')
  const read = (bytes: Buffer | undefined) => bytes?.toString() ?? ''
  const serializers = { value: text, headerKey: text, headerValue: text }
  const deserializers = { value: read, headerKey: read, headerValue: read }
  // With more than one call at a time its idempotent producer fails: sequence numbers arrive out of order.
  const idempotent = load.batch >= load.inFlight
  const producer = new Producer<string, string, string, string>({ ...base, idempotent, serializers } as never)
  const consumer = new Consumer<string, string, string, string>({ ...base, groupId: name, deserializers } as never)
  const stream = await consumer.consume({
    topics: [name],
    mode: 'earliest',
    autocommit: AUTOCOMMIT_MS,
    maxWaitTime: 500,
  })
  const ledger = new Ledger()
  stream.on('data', (message) => {
    const order = JSON.parse(message.value)
    if (load.async) ledger.takeLater(order)
    else ledger.take(order)
  })
  let spread = 0
  const messageOf = (n: number) => ({
    topic: name,
    partition: spread++ % PARTITIONS,
    value: JSON.stringify(orderOf(n)),
    ...(headers ? { headers: { 'content-type': 'application/json', 'message-id': randomUUID() } } : {}),
  })
  return {
    run: async (count) => {
      const handled = ledger.expect(count)
      await sendAll(count, load, (first, many) =>
        producer.send({ messages: Array.from({ length: many }, (_, n) => messageOf(first + n)) }),
      )
      await handled
    },
    close: async () => {
      await consumer.close(true)
      await producer.close()
      await deleteTopics(address, [name])
    },
  }
}

export const bareKafka = (address: string, name: string, load: Load) => bare(address, name, load, true)
export const bareKafkaWithoutHeaders = (address: string, name: string, load: Load) => bare(address, name, load, false)

export async function deleteTopics(address: string, names: readonly string[]): Promise<void> {
  const admin = new Admin({ clientId: 'bench', bootstrapBrokers: [address] })
  const there = new Set(await admin.listTopics())
  await admin.deleteTopics({ topics: names.filter((name) => there.has(name)) })
  await admin.close()
}
