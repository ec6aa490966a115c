import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { eventually } from '../../testing/conformance/mailbox.ts'
import { type TestBroker, testBroker } from '../../testing/test-broker.ts'
import { json } from '../contract/json.ts'
import { queue } from '../queue.ts'
import { topic } from '../topic.ts'

const exporter = new InMemorySpanExporter()
let broker: TestBroker

function listen(): void {
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }))
  context.setGlobalContextManager(new AsyncLocalStorageContextManager())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
}

before(async () => {
  listen()
  broker = await testBroker({ amqp: false, kafka: false })
})
beforeEach(() => exporter.reset())
after(async () => {
  await broker.close()
  trace.disable()
  context.disable()
  propagation.disable()
})

const orders = queue('orders', { schema: json<number>(), retry: { attempts: 1 } })
const paid = topic('paid', { schema: json<number>() })

async function spans(count: number): Promise<readonly ReadableSpan[]> {
  const told = () => exporter.getFinishedSpans().map(({ name }) => name)
  await eventually(() => told().length >= count, `${count} spans`).catch((error) => assert.fail(`${error}: ${told()}`))
  return exporter.getFinishedSpans()
}

const named = (all: readonly ReadableSpan[], name: string) => {
  const span = all.find((one) => one.name === name)
  assert.ok(span !== undefined, `there is no span '${name}' among ${all.map((one) => one.name)}`)
  return span
}

test('one trace goes from the sender through the handler to what that publishes', async () => {
  const bus = await broker.connect()
  const consumer = await bus.consume(orders, (order, { publish }) => publish(paid, order))
  const subscriber = await bus.subscribe(paid, { from: 'latest' }, () => {})
  await trace.getTracer('test').startActiveSpan('checkout', async (span) => {
    await bus.send(orders, 1, { id: 'm-1' })
    span.end()
  })
  const all = await spans(5)
  const [checkout, send, handle, create, read] = [
    'checkout',
    'send orders',
    'process orders',
    'create paid',
    'process paid',
  ].map((name) => named(all, name))
  assert.equal(send!.kind, SpanKind.PRODUCER)
  assert.equal(send!.parentSpanContext?.spanId, checkout!.spanContext().spanId)
  assert.equal(handle!.kind, SpanKind.CONSUMER)
  assert.equal(handle!.parentSpanContext?.spanId, send!.spanContext().spanId)
  assert.equal(create!.parentSpanContext?.spanId, handle!.spanContext().spanId)
  assert.equal(read!.parentSpanContext?.spanId, create!.spanContext().spanId)
  assert.equal(handle!.attributes['messaging.destination.name'], 'orders')
  assert.equal(handle!.attributes['messaging.operation.type'], 'process')
  assert.equal(handle!.attributes['messaging.message.id'], 'm-1')
  assert.equal(read!.attributes['messaging.destination.partition.id'], '0')
  await Promise.all([consumer.stop(), subscriber.stop()])
})

test('a batch is linked to the span of each of its messages', async () => {
  const bus = await broker.connect()
  await bus.sendBatch(orders, [1, 2, 3])
  const all = await spans(4)
  const batch = named(all, 'send orders')
  assert.equal(batch.attributes['messaging.batch.message_count'], 3)
  const made = all.filter((one) => one.name === 'create orders').map((one) => one.spanContext().spanId)
  assert.deepEqual(batch.links.map((link) => link.context.spanId).sort(), made.sort())
  assert.equal(made.length, 3)
  const consumer = await bus.consume(orders, () => {})
  const handled = (await spans(7)).filter((one) => one.name === 'process orders')
  assert.deepEqual(handled.map((one) => one.parentSpanContext?.spanId).sort(), made.sort())
  await consumer.stop()
})

test('a handler that fails is a span with its error', async () => {
  const bus = await broker.connect()
  const consumer = await bus.consume(orders, () => {
    throw Object.assign(new Error('no'), { code: 'E_NO' })
  })
  await bus.send(orders, 1)
  const span = named(await spans(2), 'process orders')
  assert.equal(span.status.code, SpanStatusCode.ERROR)
  assert.equal(span.attributes['error.type'], 'E_NO')
  assert.equal(span.events[0]?.name, 'exception')
  await consumer.stop()
})

test('a bus hears of an SDK that comes later, and of one that goes', async () => {
  trace.disable()
  context.disable()
  propagation.disable()
  const bus = await broker.connect()
  await bus.send(orders, 1)
  listen()
  await bus.send(orders, 2)
  assert.deepEqual(
    exporter.getFinishedSpans().map(({ name }) => name),
    ['send orders'],
  )
})

test('nobody is told who does not want to be', async () => {
  const bus = await broker.connect({ telemetry: false })
  await bus.send(orders, 1)
  assert.deepEqual(exporter.getFinishedSpans(), [])
})
