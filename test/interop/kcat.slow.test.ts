import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { suite, test } from 'node:test'
import { missing, succeed } from './script.ts'
import { fresh, targetOf } from './target.ts'

const { skip, target } = targetOf('kafka')
const there = spawnSync('kcat', ['-V']).status === 0
const noKcat = missing('kcat', 'run scripts/install-clients.sh', there)

const kcat = (args: string[], input = '') => succeed('kcat', ['-b', target().address, ...args], { input })

suite('kcat', { skip: skip || noKcat, timeout: 120_000 }, () => {
  test('produces idempotently in every compression, to a topic that comes into being, and reads it', async () => {
    const topic = fresh('kcat')
    const lines = (kind: string) => Array.from({ length: 50 }, (_, i) => `${kind} ${i}`)
    const kinds = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
    for (const kind of kinds) {
      const idempotent = ['-X', 'enable.idempotence=true']
      await kcat(['-P', '-t', topic, '-p', '0', '-z', kind, ...idempotent], `${lines(kind).join('\n')}\n`)
    }
    const out = await kcat(['-C', '-t', topic, '-p', '0', '-e', '-q', '-f', '%o %s\n'])
    const expected = kinds.flatMap(lines).map((line, i) => `${i} ${line}`)
    assert.deepEqual(out.trim().split('\n'), expected)
  })

  test('keeps keys, headers and nulls', async () => {
    const topic = fresh('kcat')
    await kcat(['-P', '-t', topic, '-p', '0', '-K:', '-H', 'a=b', '-Z'], 'k:v\nempty:\n')
    const out = await kcat(['-C', '-t', topic, '-p', '0', '-e', '-q', '-f', '%k %S %h\n'])
    assert.equal(out, 'k 1 a=b\nempty -1 a=b\n')
  })

  test('reads from an offset, from the end and from a timestamp', async () => {
    const topic = fresh('kcat')
    await kcat(['-P', '-t', topic, '-p', '0'], 'a\nb\nc\nd\n')
    const read = (from: string) => kcat(['-C', '-t', topic, '-p', '0', '-e', '-q', '-o', from])
    assert.equal(await read('2'), 'c\nd\n')
    assert.equal(await read('-1'), 'd\n')
    assert.equal(await read('s@1000'), 'a\nb\nc\nd\n')
    assert.equal(await kcat(['-Q', '-t', `${topic}:0:1000`]), `${topic} [0] offset 0\n`)
  })

  test('consumes in a group and goes on where it left off', async () => {
    const [topic, group] = [fresh('kcat'), fresh('group')]
    const consume = (count: number) =>
      kcat(['-G', group, '-q', '-c', String(count), '-X', 'auto.offset.reset=earliest', topic])
    await kcat(['-P', '-t', topic, '-p', '0'], 'a\nb\nc\n')
    assert.equal(await consume(3), 'a\nb\nc\n')
    await kcat(['-P', '-t', topic, '-p', '0'], 'd\n')
    assert.equal(await consume(1), 'd\n')
  })

  test('lists the broker, its topics and their partitions', async () => {
    const topic = fresh('kcat')
    await kcat(['-P', '-t', topic], 'a\n')
    const { brokers, topics } = JSON.parse(await kcat(['-L', '-J', '-t', topic]))
    assert.equal(brokers.length, 1)
    assert.equal(brokers[0].name, target().address)
    assert.equal(topics[0].partitions.length, 4)
    assert.equal(topics[0].partitions[0].isrs.length, 1)
  })
})
