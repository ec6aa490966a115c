import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { Kafka, logLevel } from 'kafkajs'
import { type BrokerProcess, PROGRAM, ROOT, startBroker } from './broker-process.ts'
import { compiled, jarsOf, missingJars } from './java.ts'
import { BUILD, missing, missingPython, PYTHON, run, succeed } from './script.ts'
import { controlled, fresh } from './target.ts'

const SKIP = controlled && 'no schema registry belongs to the real broker'
const CLIENTS = join(BUILD, 'registry-clients')
const notThere = missing("the registry's clients for JavaScript", 'run scripts/install-clients.sh', existsSync(CLIENTS))

/** What these clients are to the compiler: they are installed for the tests alone. */
// biome-ignore lint/suspicious/noExplicitAny: see above.
type Client = any

const USER = {
  type: 'record',
  name: 'User',
  namespace: 'interop',
  fields: [
    { name: 'name', type: 'string' },
    { name: 'age', type: ['null', 'int'], default: null },
  ],
}
const ORDER = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Order',
  type: 'object',
  properties: { id: { type: 'integer' }, note: { type: 'string' } },
  required: ['id'],
  additionalProperties: false,
}

const PYTHON_SCENARIOS = {
  avro: 'writes and reads Avro by the id of its schema, the reader having a newer schema than the writer',
  json_schema: 'writes and reads JSON by a schema that refers to another, and refuses what does not fit it',
  evolve: 'evolves a subject: look-up, compatibility, level, soft and hard deletion, and the errors in between',
}

suite('the schema registry', { skip: SKIP, timeout: 240_000 }, () => {
  let broker: BrokerProcess
  let url: string

  before(async () => {
    broker = await startBroker({ args: ['--listen', 'http://127.0.0.1:0'] })
    url = `http://127.0.0.1:${broker.httpPort}`
  })
  after(() => broker.stop())

  suite('confluent-kafka[avro,json] (Python)', { skip: missingPython() }, () => {
    for (const [scenario, title] of Object.entries(PYTHON_SCENARIOS)) {
      test(title, async () => {
        const script = join(ROOT, 'test/interop/python/schemas_scenarios.py')
        const { err, code } = await run(PYTHON, [script, scenario, url, `127.0.0.1:${broker.kafkaPort}`])
        assert.equal(code, 0, err)
      })
    }
  })

  suite('@kafkajs/confluent-schema-registry', { skip: notThere }, () => {
    let registry: Client
    let types: Client

    before(() => {
      const { SchemaRegistry, SchemaType } = load('@kafkajs/confluent-schema-registry')
      registry = new SchemaRegistry({ host: url })
      types = SchemaType
    })

    test('sends Avro and JSON through a topic, and reads each by the id before it', async () => {
      const topic = fresh('schemas')
      const avro = await registry.register(
        { type: types.AVRO, schema: JSON.stringify(USER) },
        { subject: `${topic}-key` },
      )
      const json = await registry.register(
        { type: types.JSON, schema: JSON.stringify(ORDER) },
        { subject: `${topic}-value` },
      )
      const kafka = new Kafka({ brokers: [`127.0.0.1:${broker.kafkaPort}`], logLevel: logLevel.NOTHING })
      const producer = kafka.producer()
      await producer.connect()
      const users = Array.from({ length: 10 }, (_, n) => ({ name: `user ${n}`, age: n % 2 === 0 ? null : n }))
      for (const [id, user] of users.entries()) {
        const key = await registry.encode(avro.id, user)
        await producer.send({ topic, messages: [{ key, value: await registry.encode(json.id, { id }) }] })
      }
      await producer.disconnect()
      const found: object[] = []
      const consumer = kafka.consumer({ groupId: topic })
      await consumer.connect()
      await consumer.subscribe({ topic, fromBeginning: true })
      await new Promise<void>((done) => {
        const eachMessage = async ({ message }: { message: { key: Buffer | null; value: Buffer | null } }) => {
          found.push({ ...(await registry.decode(message.key)), ...(await registry.decode(message.value)) })
          if (found.length === users.length) done()
        }
        void consumer.run({ eachMessage })
      })
      await consumer.disconnect()
      assert.deepEqual(
        found.map((one) => ({ ...one })),
        users.map((user, id) => ({ ...user, id })),
      )
    })

    test('finds an id by its schema, and is told why one does not fit', async () => {
      const subject = fresh('schemas')
      const { id } = await registry.register({ type: types.AVRO, schema: JSON.stringify(USER) }, { subject })
      const schema = { type: types.AVRO, schema: JSON.stringify(USER) }
      assert.equal(await registry.getRegistryIdBySchema(subject, schema), id)
      assert.equal(await registry.getLatestSchemaId(subject), id)
      const other = { ...USER, fields: [...USER.fields, { name: 'mail', type: 'string' }] }
      await assert.rejects(
        registry.register({ type: types.AVRO, schema: JSON.stringify(other) }, { subject }),
        /READER_FIELD_MISSING_DEFAULT_VALUE.*'mail'/,
      )
    })
  })

  suite('Spring Cloud Stream (Java)', { skip: missingJars('spring-schema') }, () => {
    test('registers versions of a schema, finds them by id and by version, and is told what does not fit', async () => {
      const java = await compiled('SpringRegistry', jarsOf('spring-schema'))
      const told = (await succeed('java', [...java, url, fresh('spring')], { timeoutMs: 60_000 })).trim().split('\n')
      assert.deepEqual(told, [
        'versions 1 2 1',
        'one id true another true',
        'by id true true',
        'by version true',
        'refused 409 true',
        'not found',
      ])
    })
  })

  suite('posthorn schemas', () => {
    test('registers, checks, shows, explains, exports, and prints types, at a broker that runs', async () => {
      const subject = fresh('schemas')
      const data = ['--data', broker.directory]
      const ask = (args: string[], input = '') =>
        run(process.execPath, [PROGRAM, 'schemas', ...args, ...data], { input })
      const told = await ask(['register', '--subject', subject], JSON.stringify(USER))
      assert.equal(told.code, 0, told.err)
      const bad = { ...USER, fields: [...USER.fields, { name: 'mail', type: 'string' }] }
      const check = await ask(['check', '--subject', subject], JSON.stringify(bad))
      assert.equal(check.code, 1)
      assert.match(check.err, /does not fit version 1 .*\n {2}- The field 'mail'/)
      const good = { ...USER, fields: [...USER.fields, { name: 'mail', type: 'string', default: '' }] }
      assert.equal((await ask(['register', '--subject', subject], JSON.stringify(good))).code, 0)
      assert.match((await ask(['diff', '--subject', subject])).out, /mail is a new field/)
      assert.match((await ask(['types', '--subject', subject])).out, /export interface User \{\n {2}name: string\n/)
      assert.match((await ask(['list', '--prefix', subject])).out, new RegExp(`${subject} +2 +2`))
      const all = JSON.parse((await ask(['export'])).out) as { schemas: { subject: string }[] }
      assert.equal(all.schemas.filter((one) => one.subject === subject).length, 2)
    })

    test('tells which contracts there are, at a broker that runs', async () => {
      const name = fresh('contracted')
      const ask = (noun: string, ...args: string[]) =>
        run(process.execPath, [PROGRAM, noun, ...args, '--data', broker.directory])
      assert.equal((await ask('queues', 'add', '--name', name, '--arguments', '{"x-schema":"orders"}')).code, 0)
      const { out, err } = await ask('contracts', 'list')
      assert.match(out, new RegExp(`queue +/ +${name} +reject +body +orders +newest +0 +0 +0`), err)
    })
  })

  suite('@confluentinc/schemaregistry', { skip: notThere }, () => {
    let library: Client
    let client: Client

    before(() => {
      library = load('@confluentinc/schemaregistry')
      client = library.SchemaRegistryClient.newClient({ baseURLs: [url] })
    })

    test('serializes Avro and JSON by schemas that it registers, and reads them back', async () => {
      const { AvroSerializer, AvroDeserializer, JsonSerializer, JsonDeserializer, SerdeType } = library
      const user = { name: 'Ada', age: 36 }
      const [avro, json] = [fresh('schemas'), fresh('schemas')]
      await client.register(`${avro}-value`, { schemaType: 'AVRO', schema: JSON.stringify(USER) })
      await client.register(`${json}-value`, { schemaType: 'JSON', schema: JSON.stringify(ORDER) })
      const latest = { useLatestVersion: true }
      const sent = await new AvroSerializer(client, SerdeType.VALUE, latest).serialize(avro, user)
      assert.deepEqual({ ...(await new AvroDeserializer(client, SerdeType.VALUE, {}).deserialize(avro, sent)) }, user)
      const serializer = new JsonSerializer(client, SerdeType.VALUE, { ...latest, validate: true })
      const told = await serializer.serialize(json, { id: 1 })
      assert.deepEqual(await new JsonDeserializer(client, SerdeType.VALUE, {}).deserialize(json, told), { id: 1 })
      await assert.rejects(serializer.serialize(json, { id: 'one' }))
    })

    test('sends the guid in a header instead of the id before the message', async () => {
      const { AvroSerializer, AvroDeserializer, HeaderSchemaIdSerializer, SerdeType } = library
      const topic = fresh('schemas')
      await client.register(`${topic}-value`, { schemaType: 'AVRO', schema: JSON.stringify(USER) })
      const schemaIdSerializer = HeaderSchemaIdSerializer
      const serializer = new AvroSerializer(client, SerdeType.VALUE, { useLatestVersion: true, schemaIdSerializer })
      const headers = {}
      const sent = await serializer.serialize(topic, { name: 'Ada', age: 36 }, headers)
      assert.deepEqual(Object.keys(headers), ['__value_schema_id'])
      const again = library.SchemaRegistryClient.newClient({ baseURLs: [url] })
      const read = await new AvroDeserializer(again, SerdeType.VALUE, {}).deserialize(topic, sent, headers)
      assert.deepEqual({ ...read }, { name: 'Ada', age: 36 })
    })

    test('sees versions, levels and deletions', async () => {
      const subject = fresh('schemas')
      const given = { schemaType: 'AVRO', schema: JSON.stringify(USER) }
      const id = await client.register(subject, given)
      assert.equal(await client.getId(subject, given), id)
      assert.equal(await client.getVersion(subject, given), 1)
      assert.ok((await client.getAllSubjects()).includes(subject))
      await client.updateCompatibility(subject, 'FULL_TRANSITIVE')
      assert.equal(await client.getCompatibility(subject), 'FULL_TRANSITIVE')
      assert.equal(await client.testSubjectCompatibility(subject, given), true)
      assert.deepEqual(await client.deleteSubject(subject), [1])
      assert.deepEqual(await client.deleteSubject(subject, true), [1])
      await assert.rejects(client.getLatestSchemaMetadata(subject), { status: 404, errorCode: 40401 })
    })
  })
})

function load(name: string): Client {
  return createRequire(join(CLIENTS, 'index.js'))(name)
}
