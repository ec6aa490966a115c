import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { tableOf } from '../../src/wire/amqp/field.ts'
import { basic, channel, confirm, connection, exchange, queue, tx } from '../../src/wire/amqp/methods.ts'
import { openTarget, type Target } from './broker-for-test.ts'
import { PROTOCOL, RawClient } from './raw-client.ts'

/** Collects what a client would send. */
class Script extends RawClient {
  readonly parts: Buffer[] = []

  constructor(target: Target) {
    super(target.host, target.port)
    super.close()
  }

  override raw(bytes: string | Uint8Array): void {
    this.parts.push(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : Buffer.from(bytes))
  }
}

function session(target: Target): { hello: Buffer; rest: Buffer } {
  const script = new Script(target)
  script.raw(PROTOCOL)
  script.startOk({})
  script.send(0, connection.tuneOk, { channelMax: 100, frameMax: 131_072, heartbeat: 0 })
  script.send(0, connection.open, { virtualHost: '/', capabilities: '', insist: false })
  for (const number of [1, 2]) script.send(number, channel.open, { outOfBand: '' })
  const hello = Buffer.concat(script.parts.splice(0))
  const args = tableOf({ 'x-max-length': 10, n: { type: 'A', value: [{ type: 'I', value: 1 }] } })
  const settings = { passive: false, durable: true, autoDelete: true, nowait: false, arguments: args }
  script.send(1, queue.declare, { ticket: 0, queue: 'fuzz', exclusive: false, ...settings })
  script.send(1, exchange.declare, { ticket: 0, exchange: 'fuzz', type: 'headers', internal: false, ...settings })
  script.send(1, queue.bind, {
    ticket: 0,
    queue: 'fuzz',
    exchange: 'fuzz',
    routingKey: 'k',
    nowait: false,
    arguments: args,
  })
  script.send(1, basic.qos, { prefetchSize: 0, prefetchCount: 3, global: false })
  const consume = { ticket: 0, consumerTag: 't', noLocal: false, noAck: false, exclusive: false, nowait: false }
  script.send(1, basic.consume, { queue: 'fuzz', ...consume, arguments: args })
  script.send(2, confirm.select, { nowait: false })
  const properties = {
    headers: args,
    deliveryMode: 2,
    expiration: '60000',
    userId: 'guest',
    replyTo: 'x',
    timestamp: 5,
  }
  for (let i = 0; i < 4; i++) {
    script.publish(2, i % 2 === 0 ? '' : 'fuzz', 'fuzz', properties, 'x'.repeat(i * 10))
    script.publish(1, '', 'fuzz', { ...properties, headers: tableOf({ CC: { type: 'A', value: [] } }) })
  }
  script.send(1, basic.get, { ticket: 0, queue: 'fuzz', noAck: false })
  script.send(1, basic.ack, { deliveryTag: 1, multiple: true })
  script.send(1, basic.nack, { deliveryTag: 2, multiple: false, requeue: true })
  script.send(1, tx.select, {})
  script.publish(1, '', 'fuzz', properties)
  script.send(1, tx.commit, {})
  script.send(1, basic.recover, { requeue: true })
  return { hello, rest: Buffer.concat(script.parts) }
}

describe('whatever a client sends', () => {
  let target: Target
  before(async () => {
    target = await openTarget()
  })
  after(() => target.stop())

  it('ends at most its own connection', { timeout: 60_000 }, async () => {
    const { hello, rest } = session(target)
    let seed = 1
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31
      return Math.floor((seed / 2 ** 31) * below)
    }
    for (let round = 0; round < 400; round++) {
      const bytes = Buffer.from(rest)
      for (let n = random(4); n >= 0; n--) {
        const at = random(bytes.length)
        bytes[at] = random(3) === 0 ? random(256) : bytes[at] ^ (1 << random(8))
      }
      const one = new RawClient(target.host, target.port)
      one.raw(hello)
      const cut = random(bytes.length)
      one.raw(bytes.subarray(0, cut))
      if (round % 2 === 0) one.raw(bytes.subarray(cut))
      await one.expect(connection.start)
      await one.close()
    }
    const last = new RawClient(target.host, target.port)
    await last.open()
    await last.openChannel(1)
    last.send(1, basic.qos, { prefetchSize: 0, prefetchCount: 0, global: false })
    assert.deepEqual(await last.expect(basic.qosOk), {})
    await last.close()
  })
})
