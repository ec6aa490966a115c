import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { before, suite, test } from 'node:test'
import { Kafka, logLevel } from 'kafkajs'
import { BUILD, missing, PEERS, run, succeed } from './script.ts'
import { fresh, targetOf } from './target.ts'

const { skip, target } = targetOf('kafka')
const script = join(PEERS, 'kafka.sh')
const noScript = missing(script, 'set POSTHORN_SHARED', existsSync(script))
const noMaven = missing('Maven', 'install maven and a JRE', spawnSync('mvn', ['-v']).status === 0)

suite("Kafka's own tools", { skip: skip || noScript || noMaven, timeout: 300_000 }, () => {
  let bin: string

  before(async () => {
    const env = { PEERS: process.env.PEERS ?? join(BUILD, 'peers') }
    bin = join((await succeed('bash', [script, 'bin'], { env, timeoutMs: 280_000 })).trim().split('\n').at(-1)!, 'bin')
  })

  const tool = (name: string, args: string[], input = '') =>
    succeed(join(bin, `kafka-${name}.sh`), ['--bootstrap-server', target().address, ...args], {
      input,
      timeoutMs: 90_000,
    })
  const consume = async (topic: string, count: number, ...args: string[]) => {
    const limits = ['--max-messages', String(count), '--timeout-ms', '20000']
    return (await tool('console-consumer', ['--topic', topic, ...limits, ...args])).trim().split('\n')
  }

  test('creates and describes a topic', async () => {
    const topic = fresh('tools')
    await tool('topics', ['--create', '--topic', topic, '--partitions', '3', '--config', 'retention.ms=3600000'])
    const described = await tool('topics', ['--describe', '--topic', topic])
    assert.match(described, /PartitionCount: 3\s+ReplicationFactor: 1\s+Configs:.*retention\.ms=3600000/)
    assert.equal(described.match(/Leader: 1\b/g)?.length, 3)
  })

  test('produces idempotently in every compression, and consumes', async () => {
    const topic = fresh('tools')
    await tool('topics', ['--create', '--topic', topic, '--partitions', '1'])
    const kinds = ['gzip', 'snappy', 'lz4', 'zstd']
    const lines = (kind: string) => Array.from({ length: 100 }, (_, i) => `${kind} ${i}`)
    for (const kind of kinds) {
      const args = ['--topic', topic, '--compression-codec', kind, '--producer-property', 'enable.idempotence=true']
      await tool('console-producer', args, `${lines(kind).join('\n')}\n`)
    }
    assert.deepEqual(await consume(topic, 400, '--from-beginning'), kinds.flatMap(lines))
  })

  test('shows a group, resets its offsets, and replays from the start and from a timestamp', async () => {
    const [topic, group] = [fresh('tools'), fresh('group')]
    await tool('topics', ['--create', '--topic', topic, '--partitions', '1'])
    await tool('console-producer', ['--topic', topic], 'a\nb\nc\n')
    const between = new Date().toISOString().slice(0, 23)
    await tool('console-producer', ['--topic', topic], 'd\ne\n')
    const read = (count: number) => consume(topic, count, '--group', group, '--from-beginning')
    assert.deepEqual(await read(5), ['a', 'b', 'c', 'd', 'e'])
    const described = await tool('consumer-groups', ['--describe', '--group', group])
    assert.match(described, new RegExp(`${group}\\s+${topic}\\s+0\\s+5\\s+5\\s+0`))
    assert.match(await tool('consumer-groups', ['--list']), new RegExp(`^${group}$`, 'm'))
    const reset = (...to: string[]) =>
      tool('consumer-groups', ['--group', group, '--topic', topic, '--reset-offsets', ...to, '--execute'])
    await reset('--to-earliest')
    assert.deepEqual(await read(5), ['a', 'b', 'c', 'd', 'e'])
    await reset('--to-datetime', between)
    assert.deepEqual(await read(2), ['d', 'e'])
    await tool('consumer-groups', ['--delete', '--group', group])
  })

  test('reads in a group of the consumer protocol', async () => {
    const [topic, group] = [fresh('tools'), fresh('group')]
    await tool('topics', ['--create', '--topic', topic, '--partitions', '1'])
    await tool('console-producer', ['--topic', topic], 'a\nb\nc\n')
    const args = ['--group', group, '--from-beginning', '--command-property', 'group.protocol=consumer']
    assert.deepEqual(await consume(topic, 3, ...args), ['a', 'b', 'c'])
    assert.match(await tool('groups', ['--list']), new RegExp(`^${group}\\s+Consumer\\s+consumer`, 'm'))
    const described = await tool('consumer-groups', ['--describe', '--group', group])
    assert.match(described, new RegExp(`${group}\\s+${topic}\\s+0\\s+3\\s+3\\s+0`))
    await tool('consumer-groups', ['--delete', '--group', group])
  })

  test('shares records', async () => {
    const [topic, group] = [fresh('tools'), fresh('share')]
    await tool('topics', ['--create', '--topic', topic, '--partitions', '1'])
    const settings = ['--entity-type', 'groups', '--entity-name', group]
    await tool('configs', ['--alter', ...settings, '--add-config', 'share.auto.offset.reset=earliest'])
    await tool('console-producer', ['--topic', topic], 'a\nb\nc\n')
    const limits = ['--max-messages', '3', '--timeout-ms', '20000']
    const shared = await tool('console-share-consumer', ['--topic', topic, '--group', group, ...limits])
    assert.deepEqual(shared.trim().split('\n'), ['a', 'b', 'c'])
    assert.match(await tool('share-groups', ['--list']), new RegExp(`^${group}$`, 'm'))
    // Kafka tells the start offset that it wrote down last, which may be an earlier one.
    const described = await tool('share-groups', ['--describe', '--group', group])
    assert.match(described, new RegExp(`${group}\\s+${topic}\\s+0\\s+\\d+\\s+0`))
    await tool('share-groups', ['--delete', '--group', group])
  })

  test('shares records of transactions that were committed, and no others', async () => {
    const [topic, group] = [fresh('tools'), fresh('share')]
    await tool('topics', ['--create', '--topic', topic, '--partitions', '1'])
    const settings = 'share.auto.offset.reset=earliest,share.isolation.level=read_committed'
    const named = ['--entity-type', 'groups', '--entity-name', group]
    await tool('configs', ['--alter', ...named, '--add-config', settings])
    const kafka = new Kafka({ brokers: [target().address], logLevel: logLevel.ERROR })
    const producer = kafka.producer({ transactionalId: fresh('txn'), maxInFlightRequests: 1, idempotent: true })
    await producer.connect()
    for (const [word, isCommitted] of [
      ['a', true],
      ['b', false],
      ['c', true],
    ] as const) {
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages: [{ value: word }, { value: `${word}${word}` }] })
      await (isCommitted ? transaction.commit() : transaction.abort())
    }
    await producer.disconnect()
    const limits = ['--max-messages', '4', '--timeout-ms', '20000']
    const shared = await tool('console-share-consumer', ['--topic', topic, '--group', group, ...limits])
    assert.deepEqual(shared.trim().split('\n'), ['a', 'aa', 'c', 'cc'])
  })

  test('tells what the broker speaks', async () => {
    const { out, code } = await run(join(bin, 'kafka-broker-api-versions.sh'), ['--bootstrap-server', target().address])
    assert.equal(code, 0)
    assert.match(out, /Produce\(0\): 0 to \d+ \[usable: \d+\]/)
  })
})
