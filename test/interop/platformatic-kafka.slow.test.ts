import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import type * as Client from '@platformatic/kafka'
import { Mailbox } from './mailbox.ts'
import { BUILD, missing } from './script.ts'
import { fresh, targetOf } from './target.ts'

const { skip, target } = targetOf('kafka')

/** Version 1 is the last for Node 20, version 2 wants Node 24. */
const modern = Number(process.versions.node.split('.')[0]) >= 24
const folder = join(BUILD, 'platformatic-kafka/node_modules/@platformatic/kafka/dist/index.js')
const notThere = missing('@platformatic/kafka 2', 'run scripts/install-clients.sh', !modern || existsSync(folder))
const EARLY = BigInt(Date.now() - 100_000)
const LATE = EARLY + 50_000n

type Message = Client.Message<string, string, string, string>

suite(`@platformatic/kafka ${modern ? 2 : 1}`, { skip: skip || notThere, timeout: 120_000 }, () => {
  let client: typeof Client
  let admin: Client.Admin
  const open: (() => Promise<unknown>)[] = []
  const base = () => ({ clientId: 'interop', bootstrapBrokers: [target().address], retries: 3, metadataMaxAge: 500 })

  before(async () => {
    client = modern ? await import(pathToFileURL(folder).href) : await import('@platformatic/kafka')
    admin = new client.Admin(base())
  })
  after(async () => {
    for (const close of open.reverse()) await close()
    await admin?.close()
  })

  const created = async (partitions: number) => {
    const topic = fresh('platformatic')
    await admin.createTopics({ topics: [topic], partitions, replicas: 1 })
    return topic
  }
  const producerOf = (options: object = {}) => {
    const producer = new client.Producer<string, string, string, string>({
      ...base(),
      serializers: client.stringSerializers,
      ...options,
    })
    open.push(() => producer.close())
    return producer
  }
  const memberOf = async (groupId: string, topic: string, mode: 'earliest' | 'committed' = 'committed') => {
    const consumer = new client.Consumer<string, string, string, string>({
      ...base(),
      groupId,
      deserializers: client.stringDeserializers,
      maxWaitTime: 100,
      sessionTimeout: 10_000,
      heartbeatInterval: 500,
      rebalanceTimeout: 10_000,
    })
    const joined = new Mailbox<number>()
    consumer.on('consumer:group:join', () => joined.put(sharesOf(consumer, topic)))
    const came = new Mailbox<Message>()
    const stream = await consumer.consume({ topics: [topic], mode, fallbackMode: 'earliest', autocommit: 100 })
    stream.on('data', (message) => came.put(message))
    let closed = false
    const close = async () => {
      if (!closed) await consumer.close(true)
      closed = true
    }
    open.push(close)
    return { consumer, came, joined, close }
  }

  test('produces idempotently in every compression that Node has, and reads all of it in order', async () => {
    const topic = await created(1)
    const kinds = modern
      ? (['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)
      : (['none', 'gzip', 'snappy', 'lz4'] as const)
    for (const compression of kinds) {
      const producer = producerOf({ idempotent: true, compression })
      for (let i = 0; i < 5; i++) {
        const messages = Array.from({ length: 20 }, (_, j) => ({ topic, key: compression, value: `${i * 20 + j}` }))
        await producer.send({ messages, acks: -1 })
      }
    }
    const { came } = await memberOf(fresh('group'), topic)
    const messages = await came.take(kinds.length * 100)
    assert.deepEqual(
      messages.map(({ offset, key, value }) => `${offset} ${key} ${value}`),
      kinds.flatMap((kind, k) => Array.from({ length: 100 }, (_, i) => `${k * 100 + i} ${kind} ${i}`)),
    )
  })

  test('consumes in a group of three, which shares anew when one leaves', async () => {
    const topic = await created(6)
    const groupId = fresh('three')
    const members = [await memberOf(groupId, topic), await memberOf(groupId, topic), await memberOf(groupId, topic)]
    const shared = (share: number, of: typeof members) =>
      Promise.all(of.map(({ joined }) => joined.until(() => joined.all.at(-1) === share)))
    await shared(2, members)
    const producer = producerOf()
    const everything = async (from: number, of: typeof members) => {
      const messages = Array.from({ length: 60 }, (_, i) => ({ topic, partition: i % 6, value: `${from + i}` }))
      await producer.send({ messages, acks: -1 })
      const all = () => new Set(members.flatMap(({ came }) => came.all.map(({ value }) => Number(value))))
      await Promise.any(of.map(({ came }) => came.until(() => all().size >= from + 60)))
      return all().size
    }
    assert.equal(await everything(0, members), 60)
    await members[2]!.close()
    const rest = members.slice(0, 2)
    await shared(3, rest)
    assert.equal(await everything(60, rest), 120)
  })

  test('resets the offsets of a group and replays from the start and from a timestamp', async () => {
    const topic = await created(1)
    const groupId = fresh('replay')
    const producer = producerOf()
    const sent = (values: string, timestamp: bigint) => [...values].map((value) => ({ topic, value, timestamp }))
    await producer.send({ messages: sent('abc', EARLY), acks: -1 })
    await producer.send({ messages: sent('de', LATE), acks: -1 })
    const read = async (count: number) => {
      const { came, close } = await memberOf(groupId, topic)
      const values = (await came.take(count)).map(({ value }) => value).join('')
      await close()
      return values
    }
    const reset = (offset: bigint) =>
      admin.alterConsumerGroupOffsets({
        groupId,
        topics: [{ name: topic, partitionOffsets: [{ partition: 0, offset }] }],
      })
    assert.equal(await read(5), 'abcde')
    await reset(0n)
    assert.equal(await read(5), 'abcde')
    const [found] = await admin.listOffsets({
      topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: EARLY + 1n }] }],
    })
    assert.equal(found!.partitions[0]!.offset, 3n)
    await reset(3n)
    assert.equal(await read(2), 'de')
  })
})

function sharesOf(consumer: Client.Consumer<string, string, string, string>, topic: string): number {
  return consumer.assignments?.find((assignment) => assignment.topic === topic)?.partitions.length ?? 0
}
