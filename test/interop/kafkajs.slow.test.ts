import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { type Admin, CompressionTypes, type EachMessagePayload, Kafka, logLevel } from 'kafkajs'
import { Mailbox } from './mailbox.ts'
import { fresh, targetOf } from './target.ts'

const { skip, target } = targetOf('kafka')

const EARLY = Date.now() - 100_000
const LATE = EARLY + 50_000

suite('kafkajs', { skip, timeout: 120_000 }, () => {
  let kafka: Kafka
  let admin: Admin
  const open: { disconnect(): Promise<void> }[] = []

  before(async () => {
    kafka = new Kafka({ clientId: 'interop', brokers: [target().address], logLevel: logLevel.NOTHING })
    admin = kafka.admin()
    await admin.connect()
    open.push(admin)
  })
  after(() => Promise.all(open.map((each) => each.disconnect())))

  const created = async (numPartitions: number) => {
    const topic = fresh('kafkajs')
    await admin.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: true })
    return topic
  }
  const producerOf = async (options: object = {}) => {
    const producer = kafka.producer(options)
    await producer.connect()
    open.push(producer)
    return producer
  }
  /** A member of the group; `joined` gets its partitions whenever they change. */
  const memberOf = async (groupId: string, topic: string, came: Mailbox<EachMessagePayload>) => {
    const consumer = kafka.consumer({
      groupId,
      sessionTimeout: 10_000,
      heartbeatInterval: 500,
      rebalanceTimeout: 10_000,
      maxWaitTimeInMs: 200,
    })
    const joined = new Mailbox<number[]>()
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => joined.put(payload.memberAssignment[topic] ?? []))
    await consumer.connect()
    open.push(consumer)
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({ autoCommitInterval: 100, eachMessage: async (message) => came.put(message) })
    return { consumer, joined }
  }

  test('produces idempotently and compressed, and reads all of it in order', async () => {
    const topic = await created(1)
    const producer = await producerOf({ idempotent: true, maxInFlightRequests: 1 })
    for (let i = 0; i < 20; i++) {
      const compression = i % 2 === 0 ? CompressionTypes.None : CompressionTypes.GZIP
      const messages = Array.from({ length: 10 }, (_, j) => ({
        key: `${i}`,
        value: `${i * 10 + j}`,
        headers: { h: 'x' },
      }))
      const [{ baseOffset }] = await producer.send({ topic, acks: -1, compression, messages })
      assert.equal(baseOffset, `${i * 10}`)
    }
    const came = new Mailbox<EachMessagePayload>()
    await memberOf(fresh('group'), topic, came)
    const messages = await came.take(200)
    assert.deepEqual(
      messages.map(({ message }) => `${message.offset} ${message.value}`),
      Array.from({ length: 200 }, (_, i) => `${i} ${i}`),
    )
    assert.equal(String(messages[0]!.message.headers?.h), 'x')
  })

  test('consumes in a group of three, which shares anew when one leaves', async () => {
    const topic = await created(6)
    const groupId = fresh('three')
    const came = [
      new Mailbox<EachMessagePayload>(),
      new Mailbox<EachMessagePayload>(),
      new Mailbox<EachMessagePayload>(),
    ]
    const members = await Promise.all(came.map((mailbox) => memberOf(groupId, topic, mailbox)))
    const shares = (of: typeof members) => of.map(({ joined }) => joined.all.at(-1)?.length ?? 0)
    await Promise.all(members.map(({ joined }) => joined.until(() => joined.all.at(-1)?.length === 2)))
    assert.deepEqual(shares(members), [2, 2, 2])

    const producer = await producerOf()
    const send = (from: number) =>
      producer.send({
        topic,
        messages: Array.from({ length: 60 }, (_, i) => ({ partition: i % 6, value: `${from + i}` })),
      })
    const all = () => came.flatMap(({ all }) => all.map(({ message }) => Number(message.value)))
    const everything = async (count: number) => {
      await Promise.any(came.map((mailbox) => mailbox.until(() => new Set(all()).size >= count)))
      return [...new Set(all())].sort((a, b) => a - b)
    }
    await send(0)
    assert.equal((await everything(60)).length, 60)

    await members[2]!.consumer.disconnect()
    const rest = members.slice(0, 2)
    await Promise.all(rest.map(({ joined }) => joined.until(() => joined.all.at(-1)?.length === 3)))
    await send(60)
    assert.deepEqual(
      await everything(120),
      Array.from({ length: 120 }, (_, i) => i),
    )
    const { groups } = await admin.describeGroups([groupId])
    assert.equal(groups[0]!.members.length, 2)
  })

  test('resets the offsets of a group and replays from the start and from a timestamp', async () => {
    const topic = await created(1)
    const groupId = fresh('replay')
    const producer = await producerOf()
    const messages = (values: string[], timestamp: number) =>
      values.map((value) => ({ value, timestamp: `${timestamp}` }))
    await producer.send({ topic, messages: messages(['a', 'b', 'c'], EARLY) })
    await producer.send({ topic, messages: messages(['d', 'e'], LATE) })
    const read = async (count: number) => {
      const came = new Mailbox<EachMessagePayload>()
      const { consumer } = await memberOf(groupId, topic, came)
      const taken = await came.take(count)
      await consumer.disconnect()
      return taken.map(({ message }) => String(message.value)).join('')
    }
    assert.equal(await read(5), 'abcde')
    const committed = async () => (await admin.fetchOffsets({ groupId, topics: [topic] }))[0]!.partitions[0]!.offset
    assert.equal(await committed(), '5')

    await admin.resetOffsets({ groupId, topic, earliest: true })
    assert.equal(await read(5), 'abcde')

    const partitions = await admin.fetchTopicOffsetsByTimestamp(topic, EARLY + 1)
    assert.equal(partitions[0]!.offset, '3')
    await admin.setOffsets({ groupId, topic, partitions })
    assert.equal(await read(2), 'de')
    await admin.deleteGroups([groupId])
  })
})
