import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asyncApi } from './async-api.ts'
import { avro } from './contract/avro.ts'
import { json } from './contract/json.ts'
import { queue } from './queue.ts'
import { topic } from './topic.ts'

// biome-ignore lint/suspicious/noExplicitAny: a document is looked into.
type Document = any

test('a document has a channel for each queue and topic, and what is sent over it', () => {
  const orders = queue('orders', { schema: { type: 'object', properties: { id: { type: 'string' } } } as const })
  const record = { type: 'record', name: 'Paid', fields: [{ name: 'id', type: 'string' }] } as const
  const paid = topic('orders.paid', { schema: avro(record), partitions: 6, retention: '7d' })
  const document: Document = asyncApi({ title: 'Shop', version: '2.0.0' }, [orders, paid])
  assert.equal(document.asyncapi, '3.0.0')
  assert.deepEqual(Object.keys(document.channels), ['orders', 'orders.paid'])
  assert.equal(document.channels['orders.paid'].bindings.kafka.partitions, 6)
  assert.equal(document.channels['orders.paid'].bindings.kafka.topicConfiguration['retention.ms'], 604_800_000)
  assert.deepEqual(document.components.messages.orders.payload.properties, { id: { type: 'string' } })
  assert.equal(
    document.components.messages['orders.paid'].payload.schemaFormat,
    'application/vnd.apache.avro+json;version=1.9.0',
  )
  assert.deepEqual(Object.keys(document.operations), [
    'send.orders',
    'consume.orders',
    'publish.orders.paid',
    'subscribe.orders.paid',
  ])
  for (const { action } of Object.values<Document>(document.operations)) assert.match(action, /^(send|receive)$/)
})

test('a queue with answers has a channel for them', () => {
  const quotes = queue('quotes', { schema: json<string>(), answer: { type: 'number' } as const })
  const document: Document = asyncApi({ title: 'Quotes', version: '1.0.0' }, [quotes])
  assert.equal(document.operations['send.quotes'].reply.channel.$ref, '#/channels/quotes.answer')
  assert.equal(document.components.messages['quotes.answer'].payload.type, 'number')
})
