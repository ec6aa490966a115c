import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { connect } from 'amqplib'
import { BUILD, missing, succeed } from './script.ts'
import { fresh, targetOf } from './target.ts'

const { skip, target } = targetOf('amqp')
const jars = join(BUILD, 'perf-test')
const notThere = missing('PerfTest', 'run scripts/install-clients.sh', existsSync(join(jars, '.ready')))
/** A longer run is for the figures. */
const SECONDS = Number(process.env.PERF_TEST_SECONDS ?? 5)
const CONNECTIONS = 200

suite("RabbitMQ's PerfTest", { skip: skip || notThere, timeout: (6 * SECONDS + 90) * 1000 }, () => {
  /** Plays PerfTest with confirms, and reads the rates from what it says. */
  async function play(t: TestContext, args: readonly string[]): Promise<void> {
    const load = ['--confirm', '200', '--qos', '500', '--multi-ack-every', '50', '--flag', 'persistent']
    const all = ['--uri', target().uri, ...load, '--time', String(SECONDS), ...args]
    const out = await succeed('java', ['-Xmx512m', '-cp', `${jars}/*`, 'com.rabbitmq.perf.PerfTest', ...all], {
      timeoutMs: (SECONDS + 40) * 1000,
    })
    const rate = (what: string) => Number(new RegExp(`${what} rate avg: (\\d+) msg/s`).exec(out)?.[1])
    t.diagnostic(`sent ${rate('sending')} messages/s, received ${rate('receiving')} messages/s`)
    assert.ok(rate('sending') > 0 && rate('receiving') > 0, out)
    // What was sent at the end may not have been received when the time was up, but no more than is in flight.
    assert.ok(rate('receiving') > rate('sending') * 0.9, out)
    assert.doesNotMatch(out, /nacked: [1-9]/)
  }

  const many = (name: string, count: number) => {
    const numbers = ['--queue-pattern-from', '1', '--queue-pattern-to', String(count)]
    return ['--queue-pattern', `${name}-%d`, ...numbers]
  }

  const kept = ['--auto-delete', 'false']

  test('publishes persistent messages with confirms to a classic queue, and gets them', (t) =>
    play(t, ['--queue', fresh('perf'), ...kept, '--size', '1000']))

  test('the same through a quorum queue', (t) =>
    play(t, ['--queue', fresh('perf'), '--quorum-queue', '--size', '1000']))

  test('the same through a stream queue, from its beginning', (t) =>
    play(t, ['--queue', fresh('perf'), '--stream-queue', '--stream-consumer-offset', 'first', '--size', '1000']))

  test('through queues of all types at once', async (t) => {
    const name = fresh('perf')
    const connection = await connect(target().uri)
    const channel = await connection.createChannel()
    for (const [n, type] of ['classic', 'quorum', 'stream', 'classic', 'quorum', 'stream'].entries()) {
      await channel.assertQueue(`${name}-${n + 1}`, { arguments: { 'x-queue-type': type } })
    }
    await connection.close()
    await play(t, [...many(name, 6), '--predeclared', '--producers', '6', '--consumers', '6'])
  })

  test(`over ${CONNECTIONS} connections`, (t) => {
    const half = String(CONNECTIONS / 2)
    const threads = ['--nio-threads', '4', '--producer-scheduler-threads', '4', '--consumers-thread-pools', '4']
    const rate = ['--rate', '20', '--producer-random-start-delay', '1']
    return play(t, [...many(fresh('perf'), 50), ...kept, '--producers', half, '--consumers', half, ...threads, ...rate])
  })
})
