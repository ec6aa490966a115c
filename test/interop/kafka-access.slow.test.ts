import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { Kafka, type KafkaConfig, logLevel, type SASLOptions } from 'kafkajs'
import { ROOT } from './broker-process.ts'
import { missingPython, PYTHON, run } from './script.ts'
import { type SecureBroker, startSecureBroker } from './secure-broker.ts'
import { controlled, fresh, targetOf } from './target.ts'

/** Nobody else's broker will do: this one has users and an authorizer. */
const control = process.env.POSTHORN_CONTROL_KAFKA !== undefined
const skip = controlled && !control ? targetOf('kafka').skip : false

/** The ways to log in, and who one is then: what differs between the clients is below. */
const WAYS = [
  { title: 'SASL PLAIN', by: 'SASL_PLAINTEXT', mechanism: 'PLAIN', user: 'guest', password: 'guest' },
  {
    title: 'SASL SCRAM-SHA-256',
    by: 'SASL_PLAINTEXT',
    mechanism: 'SCRAM-SHA-256',
    user: 'carol',
    password: "carol's password",
  },
  {
    title: 'SASL SCRAM-SHA-512 over TLS',
    by: 'SASL_SSL',
    mechanism: 'SCRAM-SHA-512',
    user: 'carol',
    password: "carol's password",
  },
  { title: 'SASL OAUTHBEARER', by: 'SASL_PLAINTEXT', mechanism: 'OAUTHBEARER', user: '', password: '' },
  { title: 'mutual TLS', by: 'SSL', mechanism: null, user: '', password: '' },
] as const

type Way = (typeof WAYS)[number]

suite('access to Kafka', { skip: skip || missingPython(), timeout: 240_000 }, () => {
  let broker: SecureBroker

  before(async () => {
    broker = await startSecureBroker(control)
    await python('prepare', { admin: { 'bootstrap.servers': broker.addresses.PLAINTEXT } })
  })
  after(() => broker?.stop())

  async function python(scenario: string, given: object): Promise<void> {
    const script = join(ROOT, 'test/interop/python/access_scenarios.py')
    const { err, code } = await run(PYTHON, [script, scenario, JSON.stringify(given)])
    assert.equal(code, 0, err)
  }

  async function librdkafka({ by, mechanism, user, password }: Way): Promise<Record<string, string>> {
    return {
      'bootstrap.servers': broker.addresses[by],
      'security.protocol': by,
      ...(by.endsWith('SSL') ? { 'ssl.ca.location': broker.ca } : {}),
      ...(by === 'SSL'
        ? { 'ssl.certificate.location': broker.client.certificate, 'ssl.key.location': broker.client.key }
        : {}),
      ...(mechanism === null ? {} : { 'sasl.mechanisms': mechanism }),
      ...(mechanism === 'OAUTHBEARER' ? { token: await broker.token() } : {}),
      ...(user === '' ? {} : { 'sasl.username': user, 'sasl.password': password }),
    }
  }

  function kafkajs({ by, mechanism, user, password }: Way): KafkaConfig {
    const ca = [readFileSync(broker.ca, 'utf8')]
    const own = by === 'SSL' ? broker.client : null
    const sasl = {
      PLAIN: { mechanism: 'plain', username: user, password },
      'SCRAM-SHA-256': { mechanism: 'scram-sha-256', username: user, password },
      'SCRAM-SHA-512': { mechanism: 'scram-sha-512', username: user, password },
      OAUTHBEARER: {
        mechanism: 'oauthbearer',
        oauthBearerProvider: async () => ({ value: await broker.token() }),
      },
    } as const satisfies Record<string, SASLOptions>
    return {
      brokers: [broker.addresses[by]],
      logLevel: logLevel.NOTHING,
      ...(by.endsWith('SSL')
        ? {
            ssl: {
              ca,
              ...(own === null ? {} : { cert: readFileSync(own.certificate), key: readFileSync(own.key) }),
            },
          }
        : {}),
      ...(mechanism === null ? {} : { sasl: sasl[mechanism] }),
    }
  }

  for (const way of WAYS) {
    test(`confluent-kafka makes a topic, writes and reads in a group after ${way.title}`, async () => {
      await python('round_trip', { client: await librdkafka(way) })
    })

    test(`kafkajs makes a topic, writes and reads in a group after ${way.title}`, async () => {
      const kafka = new Kafka(kafkajs(way))
      const topic = fresh('access')
      const admin = kafka.admin()
      await admin.connect()
      await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true })
      await admin.disconnect()
      const producer = kafka.producer()
      await producer.connect()
      await producer.send({ topic, messages: Array.from({ length: 20 }, (_, i) => ({ value: `${i}` })) })
      await producer.disconnect()
      const consumer = kafka.consumer({ groupId: topic })
      await consumer.connect()
      await consumer.subscribe({ topic, fromBeginning: true })
      const came: string[] = []
      await new Promise<void>((done, fail) => {
        consumer.on(consumer.events.CRASH, ({ payload }) => fail(payload.error))
        const eachMessage = async ({ message }: { message: { value: Buffer | null } }) => {
          if (came.push(String(message.value)) === 20) done()
        }
        consumer.run({ eachMessage }).catch(fail)
      })
      await consumer.disconnect()
      assert.deepEqual(
        came,
        Array.from({ length: 20 }, (_, i) => `${i}`),
      )
    })
  }

  test('confluent-kafka may not do what no ACL allows', async () => {
    const admin = { 'bootstrap.servers': broker.addresses.PLAINTEXT }
    for (const way of [WAYS[1], WAYS[4]]) await python('denied', { admin, client: await librdkafka(way) })
  })

  test('confluent-kafka is refused with a wrong password, a wrong token, and without a certificate', async () => {
    const wrong: Record<string, string>[] = [
      { ...(await librdkafka(WAYS[0])), 'sasl.password': 'wrong' },
      { ...(await librdkafka(WAYS[1])), 'sasl.password': 'wrong' },
      { ...(await librdkafka(WAYS[3])), token: `${await broker.token()}x` },
    ]
    const {
      'ssl.certificate.location': _certificate,
      'ssl.key.location': _key,
      ...nameless
    } = await librdkafka(WAYS[4])
    for (const client of [...wrong, nameless]) await python('refused', { client })
  })

  test('kafkajs is refused with a wrong password', async () => {
    const config = { ...kafkajs({ ...WAYS[1], password: 'wrong' } as unknown as Way), retry: { retries: 0 } }
    await assert.rejects(new Kafka(config).admin().connect(), /SCRAM-SHA-256/)
  })
})
