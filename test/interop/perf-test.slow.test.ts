import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { BUILD, missing, succeed } from './script.ts'
import { fresh, targetOf } from './target.ts'

const { skip, target } = targetOf('amqp')
const jars = join(BUILD, 'perf-test')
const notThere = missing('PerfTest', 'run scripts/install-clients.sh', existsSync(join(jars, '.ready')))
const SECONDS = 30

suite("RabbitMQ's PerfTest", { skip: skip || notThere, timeout: 120_000 }, () => {
  test(`publishes persistent messages with confirms for ${SECONDS} s, and loses none`, async (t) => {
    const load = [
      '--confirm',
      '200',
      '--qos',
      '500',
      '--multi-ack-every',
      '50',
      '--flag',
      'persistent',
      '--size',
      '1000',
    ]
    const queue = [
      '--uri',
      `amqp://guest:guest@${target().address}`,
      '--queue',
      fresh('perf'),
      '--auto-delete',
      'false',
    ]
    const args = [
      '-Xmx512m',
      '-cp',
      `${jars}/*`,
      'com.rabbitmq.perf.PerfTest',
      ...queue,
      ...load,
      '--time',
      String(SECONDS),
    ]
    const out = await succeed('java', args, { timeoutMs: (SECONDS + 40) * 1000 })
    const rate = (what: string) => Number(new RegExp(`${what} rate avg: (\\d+) msg/s`).exec(out)?.[1])
    t.diagnostic(`sent ${rate('sending')} messages/s, received ${rate('receiving')} messages/s`)
    assert.ok(rate('sending') > 0 && rate('receiving') > 0, out)
    // What was sent at the end may not have been received when the time was up, but no more than is in flight.
    assert.ok(rate('receiving') > rate('sending') * 0.95, out)
    assert.doesNotMatch(out, /nacked: [1-9]/)
  })
})
