import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { type ChannelModel, type ConfirmChannel, type ConsumeMessage, connect, type Message } from 'amqplib'
import { Mailbox } from './mailbox.ts'
import { MortalBroker } from './mortal-broker.ts'
import { playPython } from './python.ts'
import { missingPython } from './script.ts'
import { controlled, fresh, targetOf } from './target.ts'

const { skip, target } = targetOf('amqp')

const SCENARIOS = {
  alternate: 'finds with the alternate exchange what no binding takes',
  circle: 'gets a message once through exchanges bound in a circle',
  deletion: 'sees exchanges go with their last binding, and stay while they are used',
  consistent_hash: 'spreads by a consistent hash of key, header or property',
  random: 'spreads at random',
  modulus_hash: 'spreads by a hash modulo the bindings',
  recent_history: 'gets the last messages with a binding',
  refusals: 'is refused arguments and bindings with the plugins’ words',
}

suite('pika with exchanges of every type', { skip: skip || missingPython(), timeout: 60_000 }, () => {
  for (const [scenario, title] of Object.entries(SCENARIOS)) {
    test(title, () => playPython('exchange_scenarios.py', scenario, target()))
  }
})

const DELAYED = { durable: true, arguments: { 'x-delayed-type': 'topic' } }

suite('amqplib with delayed messages', { skip: controlled && 'RabbitMQ 4.3 has no delays', timeout: 60_000 }, () => {
  const broker = new MortalBroker()
  let connection: ChannelModel
  let channel: ConfirmChannel

  const open = async () => {
    connection = await connect(`amqp://guest:guest@127.0.0.1:${broker.amqpPort}`)
    connection.on('error', () => {})
    channel = await connection.createConfirmChannel()
  }

  before(async () => {
    await broker.start()
    await open()
  })
  after(async () => {
    await connection?.close().catch(() => {})
    await broker.stop()
  })

  async function receive(queue: string): Promise<Mailbox<ConsumeMessage & { readonly at: number }>> {
    const came = new Mailbox<ConsumeMessage & { readonly at: number }>()
    await channel.consume(queue, (message) => {
      if (message === null) return
      channel.ack(message)
      came.put({ ...message, at: Date.now() })
    })
    return came
  }

  async function declare(): Promise<{ exchange: string; queue: string }> {
    const exchange = fresh('delayed')
    const queue = fresh('late')
    await channel.assertExchange(exchange, 'x-delayed-message', DELAYED)
    await channel.assertQueue(queue)
    await channel.bindQueue(queue, exchange, 'a.*')
    return { exchange, queue }
  }

  test('gets messages when they are due, earliest first, with the delay negated', async () => {
    const { exchange, queue } = await declare()
    const came = await receive(queue)
    const begun = Date.now()
    for (const delay of [400, 100, 250, 0]) {
      const headers = { 'x-delay': delay, other: 'kept' }
      channel.publish(exchange, 'a.b', Buffer.from(`${delay}`), { headers, persistent: true, messageId: 'm' })
    }
    await channel.waitForConfirms()
    const all = await came.take(4)
    assert.deepEqual(
      all.map(({ content }) => content.toString()),
      ['0', '100', '250', '400'],
    )
    assert.deepEqual(
      all.map(({ properties }) => properties.headers?.['x-delay']),
      [0, -100, -250, -400],
    )
    for (const { content, at } of all) assert.ok(at - begun >= Number(content.toString()), `${content} came early`)
    const { fields, properties } = all[2]!
    assert.deepEqual([fields.exchange, fields.routingKey, fields.redelivered], [exchange, 'a.b', false])
    assert.deepEqual([properties.messageId, properties.deliveryMode, properties.headers?.other], ['m', 2, 'kept'])
  })

  test('gets a mandatory message back that is delayed, as from the plugin, and it comes all the same', async () => {
    const { exchange, queue } = await declare()
    const returned = new Mailbox<Message>()
    channel.on('return', (message) => returned.put(message))
    const came = await receive(queue)
    channel.publish(exchange, 'a.b', Buffer.from('x'), { headers: { 'x-delay': 50 }, mandatory: true })
    assert.equal((await returned.next()).content.toString(), 'x')
    assert.equal((await came.next()).content.toString(), 'x')
  })

  test('finds a rejected message in its queue again after a while, through a delayed dead-letter exchange', async () => {
    const exchange = fresh('retry')
    await channel.assertExchange(exchange, 'x-delayed-message', DELAYED)
    const work = fresh('work')
    await channel.assertQueue(work, { deadLetterExchange: exchange, deadLetterRoutingKey: 'a.again' })
    await channel.bindQueue(work, exchange, 'a.again')
    channel.sendToQueue(work, Buffer.from('job'), { headers: { 'x-delay': 100 } })
    const came = new Mailbox<ConsumeMessage & { readonly at: number }>()
    await channel.consume(work, (message) => {
      if (message === null) return
      came.put({ ...message, at: Date.now() })
      if (came.all.length === 1) channel.reject(message, false)
      else channel.ack(message)
    })
    const [first, second] = await came.take(2)
    assert.ok(second!.at - first!.at >= 100)
    assert.equal(second!.properties.headers?.['x-delay'], -100)
    assert.equal(second!.properties.headers?.['x-first-death-reason'], 'rejected')
  })

  test('gets every confirmed message once after kill -9, not before its time', async () => {
    const { exchange, queue } = await declare()
    const due = new Map<string, number>()
    for (let i = 0; i < 2000; i++) {
      const delay = 500 + ((i * 7919) % 2500)
      const headers = { 'x-delay': delay }
      due.set(`${i}`, Date.now() + delay)
      channel.publish(exchange, 'a.b', Buffer.from(`${i}`), { headers, persistent: true })
    }
    await channel.waitForConfirms()
    await broker.killAndRestart()
    await open()
    const seen = new Set<string>()
    for (let life = 0; seen.size < due.size; life++) {
      assert.ok(life < 5, `${seen.size} of ${due.size} came`)
      const came = await receive(queue)
      const before = seen.size
      for (let n = life === 0 ? 300 : due.size - before; n > 0; n--) {
        const { content, at, fields } = await came.next()
        const body = content.toString()
        assert.ok(!seen.has(body) || fields.redelivered, `${body} came twice`)
        if (seen.has(body)) n++
        seen.add(body)
        assert.ok(at >= due.get(body)!, `${body} came ${due.get(body)! - at} ms early`)
      }
      if (life > 0) continue
      await broker.killAndRestart()
      await open()
    }
    assert.equal((await channel.checkQueue(queue)).messageCount, 0)
  })
})
