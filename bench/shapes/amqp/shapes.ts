import { EMPTY_TABLE, type Table, tableOf } from '../../../src/wire/amqp/field.ts'
import { exchange, queue } from '../../../src/wire/amqp/methods.ts'
import { type Running, residentMb, writtenBytes } from '../../broker.ts'
import { generate } from '../generator.ts'
import { perSecond, type Setting, type Shape } from '../shape.ts'
import { Client } from './client.ts'

export const AMQP_SHAPES: readonly Shape[] = [
  { name: 'topic-10', run: (running, setting) => topic(running, 10, setting) },
  { name: 'topic-10000', run: (running, setting) => topic(running, 10_000, setting) },
  { name: 'fan-50', run: fanOut },
  { name: 'queues-1000', run: manyQueues },
  { name: 'priorities', run: priorities },
  { name: 'quorum', run: (running, setting) => ofType(running, 'quorum', setting) },
  { name: 'stream', run: (running, setting) => ofType(running, 'stream', setting) },
  { name: 'connections', run: connections },
  { name: 'delayed', oursOnly: true, run: delayed },
]

const SIZE = 100
const WINDOW = 2000

async function pairOf(running: Running): Promise<{ publisher: Client; consumer: Client; close(): void }> {
  const address = running.address('amqp')
  const [publisher, consumer] = [await Client.open(address), await Client.open(address)]
  const close = () => {
    publisher.close()
    consumer.close()
  }
  return { publisher, consumer, close }
}

async function declareQueue(client: Client, name: string, durable: boolean, args: Table = EMPTY_TABLE): Promise<void> {
  await client.call(
    queue.delete,
    { ticket: 0, queue: name, ifUnused: false, ifEmpty: false, nowait: false },
    queue.deleteOk,
  )
  const flags = { passive: false, durable, exclusive: false, autoDelete: false, nowait: false, arguments: args }
  await client.call(queue.declare, { ticket: 0, queue: name, ...flags }, queue.declareOk)
}

async function declareExchange(client: Client, name: string, type: string, args: Table = EMPTY_TABLE): Promise<void> {
  await deleteExchange(client, name)
  const flags = { passive: false, durable: true, autoDelete: false, internal: false, nowait: false, arguments: args }
  await client.call(exchange.declare, { ticket: 0, exchange: name, type, ...flags }, exchange.declareOk)
}

async function deleteExchange(client: Client, name: string): Promise<void> {
  await client.call(exchange.delete, { ticket: 0, exchange: name, ifUnused: false, nowait: false }, exchange.deleteOk)
}

const binding = (name: string, from: string, routingKey: string) => ({
  ...{ ticket: 0, queue: name, exchange: from, routingKey, nowait: false, arguments: EMPTY_TABLE },
})

async function deleteQueue(client: Client, name: string): Promise<void> {
  await client.call(
    queue.delete,
    { ticket: 0, queue: name, ifUnused: false, ifEmpty: false, nowait: false },
    queue.deleteOk,
  )
}

/** Each message has another key than the one before and matches one of `bindings`. */
async function topic(running: Running, bindings: number, { scale }: Setting): Promise<Record<string, number>> {
  const { publisher, consumer, close } = await pairOf(running)
  const [name, from] = ['bench-topic-q', 'bench-topic']
  const count = 300_000 * scale
  await declareQueue(publisher, name, false)
  await declareExchange(publisher, from, 'topic')
  const began = performance.now()
  for (let i = 1; i < bindings; i++) {
    await publisher.call(queue.bind, binding(name, from, `orders.${i}.*.created`), queue.bindOk)
  }
  const bindPerSecond = perSecond(bindings, began)
  await publisher.call(queue.bind, binding(name, from, 'news.*.hit'), queue.bindOk)
  await consumer.consume(name)
  const begun = performance.now()
  const message = (i: number) => ({ exchange: from, key: `news.${i % 10_000}.hit`, properties: {} })
  await Promise.all([publisher.publish(count, SIZE, WINDOW, message), consumer.until(count)])
  const outPerSecond = perSecond(count, begun)
  await deleteQueue(publisher, name)
  await deleteExchange(publisher, from)
  close()
  return { bindPerSecond, outPerSecond }
}

/** Every message goes to 50 durable queues. */
async function fanOut(running: Running, { scale }: Setting): Promise<Record<string, number>> {
  const { publisher, close } = await pairOf(running)
  const count = 20_000 * scale
  const names = Array.from({ length: 50 }, (_, i) => `bench-fan-${i}`)
  await declareExchange(publisher, 'bench-fan', 'fanout')
  for (const name of names) {
    await declareQueue(publisher, name, true)
    await publisher.call(queue.bind, binding(name, 'bench-fan', ''), queue.bindOk)
  }
  const before = residentMb(running.pid) ?? 0
  const written = writtenBytes(running.pid) ?? 0
  const begun = performance.now()
  const message = () => ({ exchange: 'bench-fan', key: '', properties: { deliveryMode: 2 } })
  await publisher.publish(count, 1024, WINDOW, message)
  const inPerSecond = perSecond(count, begun)
  const grownMb = (residentMb(running.pid) ?? 0) - before
  const writtenKb = ((writtenBytes(running.pid) ?? 0) - written) / 1000 / count
  for (const name of names) await deleteQueue(publisher, name)
  await deleteExchange(publisher, 'bench-fan')
  close()
  return { inPerSecond, grownMb, writtenKb }
}

/** A thousand queues with a thousand messages each. */
async function manyQueues(running: Running, { scale }: Setting): Promise<Record<string, number>> {
  const { publisher, close } = await pairOf(running)
  const count = 1_000_000 * scale
  const names = Array.from({ length: 1000 }, (_, i) => `bench-many-${i}`)
  const before = residentMb(running.pid) ?? 0
  for (const name of names) await declareQueue(publisher, name, true)
  const begun = performance.now()
  const message = (i: number) => ({ exchange: '', key: names[i % 1000]!, properties: { deliveryMode: 2 } })
  await publisher.publish(count, SIZE, WINDOW, message)
  const inPerSecond = perSecond(count, begun)
  const grownMb = (residentMb(running.pid) ?? 0) - before
  for (const name of names) await deleteQueue(publisher, name)
  close()
  return { inPerSecond, grownMb }
}

/** Messages of ten priorities, first put in, then taken out. */
async function priorities(running: Running, { scale }: Setting): Promise<Record<string, number>> {
  const { publisher, consumer, close } = await pairOf(running)
  const name = 'bench-priorities'
  const count = 200_000 * scale
  await declareQueue(publisher, name, false, tableOf({ 'x-max-priority': 10 }))
  const filling = performance.now()
  const message = (i: number) => ({ exchange: '', key: name, properties: { priority: (i * 7) % 11 } })
  await publisher.publish(count, SIZE, WINDOW, message)
  const inPerSecond = perSecond(count, filling)
  const draining = performance.now()
  await consumer.consume(name)
  await consumer.until(count)
  const outPerSecond = perSecond(count, draining)
  await deleteQueue(publisher, name)
  close()
  return { inPerSecond, outPerSecond }
}

/** The generator's durable load on a queue of another type. */
async function ofType(running: Running, type: string, setting: Setting): Promise<Record<string, number>> {
  const words = `--size 100 --persistent --confirms 1000 --ack 100 --prefetch 1000 --queue-type ${type}`
  await generate(running, 'amqp', { ...setting, seconds: setting.warmup }, words)
  const told = await generate(running, 'amqp', setting, words)
  return { outPerSecond: told.get('outPerSecond')!, cpuUs: told.get('brokerCpuUs') ?? 0 }
}

/** Connections that do nothing. */
async function connections(running: Running, { scale }: Setting): Promise<Record<string, number>> {
  const count = 5000 * scale
  const before = residentMb(running.pid) ?? 0
  const all: Client[] = []
  while (all.length < count) {
    const some = Array.from({ length: 50 }, () => Client.open(running.address('amqp'), true))
    all.push(...(await Promise.all(some)))
  }
  const grown = (residentMb(running.pid) ?? 0) - before
  for (const one of all) one.close()
  return { eachKb: (grown * 1000) / count }
}

/** A million messages that are all due at about the same time. */
async function delayed(running: Running, { scale }: Setting): Promise<Record<string, number>> {
  const { publisher, consumer, close } = await pairOf(running)
  const count = 1_000_000 * scale
  const [name, from] = ['bench-delayed-q', 'bench-delayed']
  await declareQueue(publisher, name, true)
  await declareExchange(publisher, from, 'x-delayed-message', tableOf({ 'x-delayed-type': 'fanout' }))
  await publisher.call(queue.bind, binding(name, from, ''), queue.bindOk)
  await consumer.consume(name)
  const before = residentMb(running.pid) ?? 0
  const due = Date.now() + 10_000 + Math.ceil(count / 50)
  const begun = performance.now()
  const message = () => ({
    exchange: from,
    key: '',
    properties: { deliveryMode: 2, headers: tableOf({ 'x-delay': due - Date.now() }) },
  })
  await publisher.publish(count, SIZE, WINDOW, message)
  const inPerSecond = perSecond(count, begun)
  const grownMb = (residentMb(running.pid) ?? 0) - before
  if (consumer.delivered > 0) throw new Error(`${consumer.delivered} delayed messages came before all were published`)
  await consumer.until(1)
  const releasing = performance.now()
  await consumer.until(count)
  const outPerSecond = perSecond(count, releasing)
  await deleteQueue(publisher, name)
  await deleteExchange(publisher, from)
  close()
  return { inPerSecond, outPerSecond, grownMb }
}
