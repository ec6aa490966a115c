import { randomUUID } from 'node:crypto'
import amqplib from 'amqplib'
import { Ledger, type Load, orderOf, type Session, sendAll } from './way.ts'

const JSON_TYPE = 'application/json'

/** The client library for AMQP alone: a quorum queue, persistent messages with an id, a confirm for each, two connections, as the SDK has them. */
export async function bareAmqplib(url: string, name: string, load: Load): Promise<Session> {
  const [sending, receiving] = await Promise.all([amqplib.connect(url), amqplib.connect(url)])
  const channel = await sending.createConfirmChannel()
  const consumer = await receiving.createChannel()
  await channel.assertQueue(name, { durable: true, arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': -1 } })
  await consumer.prefetch(load.prefetch)
  const ledger = new Ledger()
  await consumer.consume(name, (message) => {
    // The queue is dropped in the end.
    if (message === null) return
    const order = JSON.parse(message.content.toString())
    if (load.async) {
      ledger.takeLater(order).then(() => consumer.ack(message))
    } else {
      ledger.take(order)
      consumer.ack(message)
    }
  })
  const send = (n: number) =>
    new Promise<void>((resolve, reject) => {
      const options = {
        persistent: true,
        mandatory: true,
        messageId: randomUUID(),
        contentType: JSON_TYPE,
        timestamp: Math.floor(Date.now() / 1000),
      }
      const body = Buffer.from(JSON.stringify(orderOf(n)))
      channel.publish('', name, body, options, (error) => (error ? reject(error) : resolve()))
    })
  const sendMany = (first: number, many: number) =>
    many === 1 ? send(first) : Promise.all(Array.from({ length: many }, (_, n) => send(first + n)))
  return {
    run: async (count) => {
      const handled = ledger.expect(count)
      await sendAll(count, load, sendMany)
      await handled
    },
    close: async () => {
      await channel.deleteQueue(name)
      await Promise.all([sending.close(), receiving.close()])
    },
  }
}

/** Deletes what the SDK has declared. */
export async function deleteQueues(url: string, names: readonly string[]): Promise<void> {
  const connection = await amqplib.connect(url)
  const channel = await connection.createChannel()
  for (const name of names) await channel.deleteQueue(name)
  await connection.close()
}
