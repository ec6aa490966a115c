import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { connect } from '../../src/engines/connect.ts'
import type { Bus } from '../../src/sdk/bus.ts'
import { avro } from '../../src/sdk/contract/avro.ts'
import { jsonSchema } from '../../src/sdk/contract/json-schema.ts'
import { raw } from '../../src/sdk/contract/raw.ts'
import { queue } from '../../src/sdk/queue.ts'
import { schemaRegistry } from '../../src/sdk/registry/client.ts'
import { topic } from '../../src/sdk/topic.ts'
import { Mailbox } from '../../src/testing/conformance/mailbox.ts'
import { type BrokerProcess, ROOT, startBroker } from './broker-process.ts'
import { BUILD, missing, missingPython, PYTHON, succeed } from './script.ts'
import { controlled, fresh } from './target.ts'

/*
 * What a contract of the SDK sends, serializers that know nothing of it read by the schema in the registry, and the other way round: Confluent's for Python and for
 * JavaScript, and kafkajs's.
 */
const SKIP = controlled && 'no schema registry belongs to the real broker'
const CLIENTS = join(BUILD, 'registry-clients')
const noClients = missing(
  "the registry's clients for JavaScript",
  'run scripts/install-clients.sh',
  existsSync(CLIENTS),
)

/** What these clients are to the compiler: they are installed for the tests alone. */
// biome-ignore lint/suspicious/noExplicitAny: see above.
type Client = any

const AVRO = {
  type: 'record',
  name: 'Paid',
  namespace: 'interop',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'cents', type: 'long' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'tags', type: { type: 'array', items: 'string' } },
    { name: 'note', type: ['null', 'string'], default: null },
  ],
} as const
const JSON_SCHEMA = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Paid',
  type: 'object',
  properties: {
    id: { type: 'string' },
    cents: { type: 'integer' },
    at: { type: 'integer' },
    tags: { type: 'array', items: { type: 'string' } },
    note: { type: ['string', 'null'] },
  },
  required: ['id', 'cents', 'at', 'tags'],
  additionalProperties: false,
} as const

/** As lines of JSON have it: the time is a number. */
interface Paid {
  readonly id: string
  readonly cents: number
  readonly at: number
  readonly tags: string[]
  readonly note: string | null
}

const PAYMENTS: readonly Paid[] = Array.from({ length: 10 }, (_, n) => ({
  id: `p-${n}`,
  cents: n * 1000,
  at: Date.UTC(2026, 10, 26, n),
  tags: ['a', 'b'].slice(0, n % 3),
  note: n % 2 === 0 ? null : `note ${n}`,
}))

/** Either contract, for payloads whose time is a number. */
const KINDS = {
  avro: {
    schema: AVRO,
    contract: avro(AVRO),
    given: (one: Paid) => ({ ...one, at: new Date(one.at) }),
  },
  json: { schema: JSON_SCHEMA, contract: jsonSchema(JSON_SCHEMA), given: (one: Paid) => one },
} as Readonly<Record<string, { schema: object; contract: Client; given: (one: Paid) => object }>>

/** Whatever a library makes of a time. */
const plain = (one: Client): Paid => ({ ...one, at: Number(one.at) })
const byId = (all: readonly Paid[]) => [...all].sort((a, b) => a.cents - b.cents)

suite('contracts of the SDK and the serializers of others', { skip: SKIP, timeout: 240_000 }, () => {
  let broker: BrokerProcess
  let url: string
  let bus: Bus
  /** The same without a registry: bytes. */
  let bytes: Bus

  before(async () => {
    broker = await startBroker({ args: ['--listen', 'http://127.0.0.1:0'] })
    url = `http://127.0.0.1:${broker.httpPort}`
    bus = (await connect(`kafka://127.0.0.1:${broker.kafkaPort}`, { registry: schemaRegistry(url) })) as Bus
    bytes = (await connect(`kafka://127.0.0.1:${broker.kafkaPort}`)) as Bus
  })
  after(async () => {
    await bus.close()
    await bytes.close()
    await broker.stop()
  })

  /** A topic with the payments in it, as the SDK sends them. */
  const sent = async (kind: string) => {
    const { contract, given } = KINDS[kind]!
    const paid = topic<Client>(fresh(`sdk-${kind}`), { schema: contract, partitions: 1 })
    await bus.publishBatch(paid, PAYMENTS.map(given))
    return paid.name
  }

  /** What the SDK makes of the topic. */
  const readBySdk = async (kind: string, name: string) => {
    const got = new Mailbox<Paid>()
    const paid = topic<Client>(name, { schema: KINDS[kind]!.contract, partitions: 1 })
    const subscribed = await bus.subscribe(paid, { from: 'earliest' }, (one) => got.put(plain(one)))
    const all = await got.take(PAYMENTS.length)
    await subscribed.stop()
    return all
  }

  const bodiesOf = async (name: string) => {
    const got = new Mailbox<Uint8Array>()
    const subscribed = await bytes.subscribe(topic(name, { schema: raw() }), { from: 'earliest' }, got.put)
    const all = await got.take(PAYMENTS.length)
    await subscribed.stop()
    return all.map((one) => Buffer.from(one))
  }

  const send = async (name: string, bodies: readonly Uint8Array[]) => {
    await bytes.publishBatch(topic(name, { schema: raw(), partitions: 1 }), bodies)
  }

  for (const kind of Object.keys(KINDS)) {
    suite(`confluent-kafka (Python), ${kind}`, { skip: missingPython() }, () => {
      const script = join(ROOT, 'test/interop/python/sdk_contracts.py')
      const play = (verb: string, name: string, input = '') => {
        const bootstrap = `127.0.0.1:${broker.kafkaPort}`
        return succeed(PYTHON, [script, verb, kind, name, url, bootstrap, String(PAYMENTS.length)], { input })
      }

      test('reads what the SDK sends', async () => {
        const lines = (await play('read', await sent(kind))).trim().split('\n')
        assert.deepEqual(
          lines.map((line) => JSON.parse(line)),
          PAYMENTS,
        )
      })

      test('writes what the SDK reads, under the same id', async () => {
        const name = await sent(kind)
        const other = fresh(`python-${kind}`)
        await bus.declare(topic(other, { partitions: 1, schema: raw() }))
        await play('write', other, [KINDS[kind]!.schema, ...PAYMENTS].map((one) => JSON.stringify(one)).join('\n'))
        assert.deepEqual(await readBySdk(kind, other), PAYMENTS)
        const [[own], [theirs]] = [await bodiesOf(name), await bodiesOf(other)]
        assert.equal(theirs!.readUInt32BE(1), own!.readUInt32BE(1))
      })
    })

    suite(`@confluentinc/schemaregistry, ${kind}`, { skip: noClients }, () => {
      let serdes: () => { serializer: Client; deserializer: Client; client: Client }
      before(() => {
        const library = load('@confluentinc/schemaregistry')
        const client = library.SchemaRegistryClient.newClient({ baseURLs: [url] })
        const value = library.SerdeType.VALUE
        const [Serializer, Deserializer] =
          kind === 'avro'
            ? [library.AvroSerializer, library.AvroDeserializer]
            : [library.JsonSerializer, library.JsonDeserializer]
        serdes = () => ({
          client,
          serializer: new Serializer(client, value, { useLatestVersion: true, autoRegisterSchemas: false }),
          deserializer: new Deserializer(client, value, {}),
        })
      })

      test('reads what the SDK sends', async () => {
        const name = await sent(kind)
        const { deserializer } = serdes()
        const read: Paid[] = []
        for (const body of await bodiesOf(name)) read.push(plain(await deserializer.deserialize(name, body)))
        assert.deepEqual(read, PAYMENTS)
      })

      test('writes what the SDK reads', async () => {
        const { serializer, client } = serdes()
        const name = fresh(`confluent-${kind}`)
        const schemaType = kind === 'avro' ? 'AVRO' : 'JSON'
        await client.register(`${name}-value`, { schemaType, schema: JSON.stringify(KINDS[kind]!.schema) })
        const bodies: Buffer[] = []
        for (const payment of PAYMENTS) bodies.push(await serializer.serialize(name, payment))
        await send(name, bodies)
        assert.deepEqual(await readBySdk(kind, name), PAYMENTS)
      })
    })

    suite(`@kafkajs/confluent-schema-registry, ${kind}`, { skip: noClients }, () => {
      let registry: Client
      before(() => {
        registry = new (load('@kafkajs/confluent-schema-registry').SchemaRegistry)({ host: url })
      })

      test('reads what the SDK sends, and writes by that id what the SDK reads', async () => {
        const bodies = await bodiesOf(await sent(kind))
        const read: Paid[] = []
        for (const body of bodies) read.push(plain(await registry.decode(body)))
        assert.deepEqual(read, PAYMENTS)
        const other = fresh(`kafkajs-${kind}`)
        const id = bodies[0]!.readUInt32BE(1)
        await send(other, await Promise.all(PAYMENTS.map((payment) => registry.encode(id, payment))))
        assert.deepEqual(await readBySdk(kind, other), PAYMENTS)
      })

      test('does so with the messages of a queue, over AMQP', async () => {
        const amqp = `amqp://guest:guest@127.0.0.1:${broker.amqpPort}`
        const [framed, plainBus] = [
          (await connect(amqp, { registry: schemaRegistry(url) })) as Bus,
          (await connect(amqp)) as Bus,
        ]
        try {
          const { contract, given } = KINDS[kind]!
          const name = fresh(`queue-${kind}`)
          const orders = queue<Client>(name, { schema: contract })
          const copies = queue<Client>(`${name}-copies`, { schema: contract })
          const asBytes = (of: string) => queue(of, { schema: raw() })
          await framed.sendBatch(orders, PAYMENTS.map(given))
          const got = new Mailbox<Paid>()
          await plainBus.consume(asBytes(name), async (body) => {
            const payment = plain(await registry.decode(Buffer.from(body)))
            await plainBus.send(asBytes(copies.name), await registry.encode(Buffer.from(body).readUInt32BE(1), payment))
          })
          await framed.consume(copies, (one) => got.put(plain(one)))
          assert.deepEqual(byId(await got.take(PAYMENTS.length)), PAYMENTS)
        } finally {
          await Promise.all([framed.close(), plainBus.close()])
        }
      })
    })
  }
})

function load(name: string): Client {
  return createRequire(join(CLIENTS, 'index.js'))(name)
}
