import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { tableOf } from '../../src/wire/amqp/field.ts'
import { basic, queue } from '../../src/wire/amqp/methods.ts'
import { openTarget, type Target } from './broker-for-test.ts'
import { RawClient } from './raw-client.ts'

let target: Target

before(async () => {
  target = await openTarget()
})
after(() => target.stop())

async function connected(): Promise<RawClient> {
  const client = new RawClient(target.host, target.port)
  await client.open()
  await client.openChannel(1)
  return client
}

const DECLARE = { ticket: 0, passive: false, durable: false, exclusive: true, autoDelete: false, nowait: false }

test('a long queue is purged and its count answered, and what the client says meanwhile is heard after', async () => {
  const client = await connected()
  client.send(1, queue.declare, { ...DECLARE, queue: 'long', arguments: new Map() })
  await client.expect(queue.declareOk)
  const messages = 40_000
  for (let i = 0; i < messages; i++) client.publish(1, '', 'long', {}, 'x')
  client.send(1, queue.purge, { ticket: 0, queue: '', nowait: false })
  client.send(1, basic.get, { ticket: 0, queue: 'long', noAck: true })
  client.send(1, queue.delete, { ticket: 0, queue: 'long', ifUnused: false, ifEmpty: true, nowait: false })
  assert.equal((await client.expect(queue.purgeOk)).messageCount, messages)
  await client.expect(basic.getEmpty)
  assert.equal((await client.expect(queue.deleteOk)).messageCount, 0)
  await client.close()
})

test('deleting a long queue answers how many messages went, and the name is free at once', async () => {
  const client = await connected()
  client.send(1, queue.declare, { ...DECLARE, queue: 'gone', arguments: new Map() })
  await client.expect(queue.declareOk)
  const messages = 40_000
  for (let i = 0; i < messages; i++) client.publish(1, '', 'gone', {}, 'x')
  client.send(1, queue.delete, { ticket: 0, queue: 'gone', ifUnused: true, ifEmpty: false, nowait: false })
  client.send(1, queue.declare, { ...DECLARE, queue: 'gone', arguments: tableOf({ 'x-max-length': 1 }) })
  assert.equal((await client.expect(queue.deleteOk)).messageCount, messages)
  assert.equal((await client.expect(queue.declareOk)).messageCount, 0)
  await client.close()
})

test('an exclusive queue is gone for others when its connection has ended', async () => {
  const client = await connected()
  client.send(1, queue.declare, { ...DECLARE, queue: 'own', arguments: new Map() })
  await client.expect(queue.declareOk)
  await client.close()
  const other = await connected()
  other.send(1, queue.declare, { ...DECLARE, queue: 'own', arguments: new Map() })
  await other.expect(queue.declareOk)
  await other.close()
})
