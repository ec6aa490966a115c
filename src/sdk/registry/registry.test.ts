import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { z } from 'zod'
import { busOver } from '../../engines/connect.ts'
import { Life } from '../../engines/embedded/life.ts'
import { MemoryDisk } from '../../env/memory-disk.ts'
import type { Bus } from '../bus.ts'
import { avro } from '../contract/avro.ts'
import { json } from '../contract/json.ts'
import { jsonSchema } from '../contract/json-schema.ts'
import { raw } from '../contract/raw.ts'
import { silent } from '../logger.ts'
import { queue } from '../queue.ts'
import { topic } from '../topic.ts'
import { schemaRegistry } from './client.ts'

let life: Life
let registry: ReturnType<typeof schemaRegistry>
let url: string

before(async () => {
  const onFatal = (error: Error) => assert.fail(error)
  life = await Life.begin({ data: new MemoryDisk(), settings: {}, log: silent, onFatal })
  url = `http://127.0.0.1:${await life.listen('http', 0, silent)}`
  registry = schemaRegistry(url)
})

after(() => life.end())

async function withBus(run: (bus: Bus) => Promise<void>): Promise<void> {
  const bus = await busOver(life.broker.engine(), { registry })
  try {
    await run(bus)
  } finally {
    await bus.close()
  }
}

/** The next body of a topic, as it is on the wire. */
async function bodyOf(name: string): Promise<Buffer> {
  const bus = await busOver(life.broker.engine())
  const body = await new Promise<Uint8Array>((resolve) => {
    bus.subscribe(topic(name, { schema: raw() }), { from: 'earliest' }, (bytes) => resolve(bytes))
  })
  await bus.close()
  return Buffer.from(body)
}

const ORDER = { type: 'record', name: 'Order', fields: [{ name: 'id', type: 'string' }] } as const

test('a contract is registered when it is first used, and its id goes before what is sent', () =>
  withBus(async (bus) => {
    const orders = topic('avro-orders', { schema: avro(ORDER) })
    await bus.publish(orders, { id: 'o-1' })
    const body = await bodyOf('avro-orders')
    assert.equal(body[0], 0)
    const { schema, type } = await registry.byId(body.readUInt32BE(1))
    assert.deepEqual([JSON.parse(schema).name, type], ['Order', 'AVRO'])
    assert.equal(body.subarray(5).toString('latin1'), '\x06o-1')
  }))

test('JSON is framed as Confluent’s serializers do it', () =>
  withBus(async (bus) => {
    const schema = jsonSchema({ type: 'object', properties: { id: { type: 'string' } }, required: ['id'] })
    await bus.publish(topic('json-orders', { schema }), { id: 'o-1' })
    const body = await bodyOf('json-orders')
    assert.equal((await registry.byId(body.readUInt32BE(1))).type, 'JSON')
    assert.deepEqual(JSON.parse(body.subarray(5).toString()), { id: 'o-1' })
  }))

test('a reader of a newer version reads what an older one wrote', () =>
  withBus(async (bus) => {
    const newer = { ...ORDER, fields: [...ORDER.fields, { name: 'total', type: 'double', default: 7 }] } as const
    const older = queue('versions', { schema: avro(ORDER) })
    await bus.send(older, { id: 'o-1' })
    await withBus(async (other) => {
      const got = await new Promise<unknown>((resolve) => {
        other.consume(queue('versions', { schema: avro(newer) }), (order) => resolve({ ...order }))
      })
      assert.deepEqual(got, { id: 'o-1', total: 7 })
    })
  }))

test('a change that readers could not bear fails at the start, with the differences in words', () =>
  withBus(async (bus) => {
    await bus.declare(topic('evolving', { schema: avro(ORDER) }))
    const changed = { ...ORDER, fields: [...ORDER.fields, { name: 'total', type: 'double' }] } as const
    await withBus(async (other) => {
      await assert.rejects(
        other.declare(topic('evolving', { schema: avro(changed) })),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, 'CONTRACT_INCOMPATIBLE')
          assert.match(error.message, /evolving-value/)
          assert.match(error.message, /total/)
          return true
        },
      )
    })
  }))

test('what has no prefix is read as it is, and what has no schema gets none', () =>
  withBus(async (bus) => {
    const greetings = queue('greetings', { schema: json<string>() })
    const got = new Promise<string>((resolve) => void bus.consume(greetings, resolve))
    await bus.send(greetings, 'hello')
    assert.equal(await got, 'hello')
  }))

test('bytes without a schema stay as they are, also those that begin like a schema’s id', () =>
  withBus(async (bus) => {
    const images = queue('images', { schema: raw() })
    const got = new Promise<Uint8Array>((resolve) => void bus.consume(images, resolve))
    const image = Buffer.from([0, 0, 0, 0, 1, 2, 3])
    await bus.send(images, image)
    assert.deepEqual(Buffer.from(await got), image)
  }))

test('a schema of a library that can tell it as a JSON Schema is registered, too', () =>
  withBus(async (bus) => {
    await bus.publish(topic('zod-orders', { schema: z.object({ id: z.string() }) }), { id: 'o-1' })
    const { schema, type } = await registry.byId((await bodyOf('zod-orders')).readUInt32BE(1))
    const { properties } = JSON.parse(schema) as { properties: object }
    assert.deepEqual([properties, type], [{ id: { type: 'string' } }, 'JSON'])
  }))

test('a registry that is not there is told', async () => {
  const nowhere = schemaRegistry('http://127.0.0.1:9')
  await assert.rejects(nowhere.byId(1), { code: 'CONNECTION_FAILED', retryable: true })
  await assert.rejects(registry.byId(99_999), { code: 'NOT_FOUND' })
})
