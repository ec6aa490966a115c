import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { Kafka, logLevel } from 'kafkajs'
import { type BrokerProcess, startBroker } from './broker-process.ts'
import { missingJars } from './java.ts'
import { Connect, linesOf, type Settings } from './kafka-connect.ts'
import { controlOf, fresh } from './target.ts'
import { type Read, TopicReader } from './topic-reader.ts'
import { words } from './words.ts'

const { skip, control } = controlOf('kafka')
const RECORDS = Number(process.env.RECORDS ?? 2000)
const STRING = 'org.apache.kafka.connect.storage.StringConverter'
const BYTES = 'org.apache.kafka.connect.converters.ByteArrayConverter'

suite('Kafka Connect', { skip: skip || missingJars('kafka-connect'), timeout: 400_000 }, () => {
  let ours: BrokerProcess | null = null
  let address: string
  let folder: string
  before(async () => {
    ours = await startBroker({ args: ['--kafka-num-partitions', '4'] })
    address = control ?? `127.0.0.1:${ours.kafkaPort}`
    folder = mkdtempSync(join(tmpdir(), 'posthorn-connect-'))
  })
  after(async () => {
    await ours?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  test('carries a file through a topic to a file, and goes on where it was when it is started again', async () => {
    const [topic, name] = [fresh('connect'), fresh('connector')]
    const [source, sink] = [join(folder, 'source'), join(folder, 'sink')]
    await created(address, topic, 1)
    const all = words().slice(0, RECORDS)
    const half = all.length >> 1
    writeFileSync(source, `${all.slice(0, half).join('\n')}\n`)
    const start = () =>
      Connect.start(folder, address, STRING, [
        { name: `${name}.source`, 'connector.class': 'FileStreamSource', file: source, topic },
        { name: `${name}.sink`, 'connector.class': 'FileStreamSink', file: sink, topics: topic },
      ])
    let connect = await start()
    try {
      assert.deepEqual(await linesOf(sink, half, () => connect.log()), all.slice(0, half))
      await connect.stop()
      appendFileSync(source, `${all.slice(half).join('\n')}\n`)
      connect = await start()
      assert.deepEqual(await linesOf(sink, all.length, () => connect.log()), all)
    } finally {
      await connect.stop()
    }
  })

  test('mirrors topics from a real Kafka to here and back, byte for byte', async (t) => {
    if (control === null) {
      t.skip('it takes a real Kafka beside ours')
      return
    }
    const [topic, real, here] = [fresh('mirror'), fresh('real'), fresh('ours')]
    const mine = `127.0.0.1:${ours!.kafkaPort}`
    const sent = await fill(control, topic)
    const there = mirror({ alias: real, address: control }, { alias: here, address: mine }, topic)
    const forth = await Connect.start(folder, mine, BYTES, [there])
    try {
      assert.deepEqual(await contents(mine, `${real}.${topic}`, RECORDS, () => forth.log()), sent)
    } finally {
      await forth.stop()
    }
    const back = mirror({ alias: here, address: mine }, { alias: real, address: control }, `${real}.${topic}`)
    const home = await Connect.start(folder, control, BYTES, [back])
    try {
      assert.deepEqual(await contents(control, `${here}.${real}.${topic}`, RECORDS, () => home.log()), sent)
    } finally {
      await home.stop()
    }
  })
})

interface Place {
  readonly alias: string
  readonly address: string
}

function mirror(from: Place, to: Place, topics: string): Settings {
  return {
    name: fresh('mirror'),
    'connector.class': 'org.apache.kafka.connect.mirror.MirrorSourceConnector',
    'source.cluster.alias': from.alias,
    'source.cluster.bootstrap.servers': from.address,
    'target.cluster.alias': to.alias,
    'target.cluster.bootstrap.servers': to.address,
    topics: topics.replaceAll('.', '\\\\.'),
    'tasks.max': '2',
    'replication.factor': '1',
    'offset-syncs.topic.replication.factor': '1',
    'sync.topic.acls.enabled': 'false',
  }
}

async function created(address: string, topic: string, numPartitions: number): Promise<void> {
  const admin = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  const configEntries = [{ name: 'retention.ms', value: '-1' }]
  await admin.createTopics({ topics: [{ topic, numPartitions, configEntries }], waitForLeaders: true })
  await admin.disconnect()
}

/** Words with keys, headers and times of their own, in four partitions. */
async function fill(address: string, topic: string): Promise<Read[]> {
  const kafka = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING })
  await created(address, topic, 4)
  const producer = kafka.producer()
  await producer.connect()
  const messages = words()
    .slice(0, RECORDS)
    .map((word, i) => ({
      partition: i % 4,
      key: i % 3 === 0 ? null : word.slice(0, 3),
      value: i % 10 === 0 ? null : word,
      timestamp: String(1_700_000_000_000 + i),
      headers: { n: String(i) },
    }))
  for (let i = 0; i < messages.length; i += 100) await producer.send({ topic, messages: messages.slice(i, i + 100) })
  await producer.disconnect()
  return contents(address, topic, RECORDS, () => '')
}

/** All that is in a topic, by partition and offset. */
async function contents(address: string, topic: string, count: number, log: () => string): Promise<Read[]> {
  const reader = new TopicReader(address)
  const all: Read[] = []
  try {
    await reader.read([topic], (_, record) => all.push(record))
    await reader.until(
      () => all.length >= count,
      () => `${all.length} of ${count}\n${log()}`,
    )
  } finally {
    await reader.close()
  }
  return all.sort((x, y) => x.partition - y.partition || Number(x.offset) - Number(y.offset))
}
