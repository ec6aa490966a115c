import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { type Channel, type ChannelModel, type ConfirmChannel, connect, type GetMessage } from 'amqplib'
import { Mailbox } from './mailbox.ts'
import { fresh, targetOf } from './target.ts'

const { skip, target } = targetOf('amqp')

/** What amqplib knows of a message that came by consume or by get. */
type Came = GetMessage

suite('queues of all types, by amqplib', { skip, timeout: 60_000 }, () => {
  let connection: ChannelModel
  let channel: ConfirmChannel

  before(async () => {
    connection = await connect(`amqp://guest:guest@${target().address}`)
    channel = await connection.createConfirmChannel()
  })
  after(() => connection?.close())

  async function publish(queue: string, body: string, options: object = {}): Promise<void> {
    channel.sendToQueue(queue, Buffer.from(body), options)
    await channel.waitForConfirms()
  }

  /** The next message; a queue of the real broker may need a moment to have it ready again. */
  async function got(on: Channel, queue: string): Promise<Came> {
    for (let n = 0; n < 10_000; n++) {
      const message = await on.get(queue)
      if (message !== false) return message
    }
    throw new Error(`nothing comes from ${queue}`)
  }

  async function declared(what: string, args: Record<string, unknown>): Promise<string> {
    const queue = fresh(what)
    await channel.assertQueue(queue, { durable: true, arguments: args })
    return queue
  }

  const counts = ({ properties: { headers }, fields }: Came) => [
    fields.redelivered,
    headers?.['x-acquired-count'] ?? null,
    headers?.['x-delivery-count'] ?? null,
  ]

  test('a classic queue serves by priority, and what comes back goes to its place', async () => {
    const queue = await declared('priorities', { 'x-max-priority': 10 })
    for (const [body, priority] of [
      ['a', 1],
      ['b', 5],
      ['c', undefined],
      ['d', 5],
      ['e', 200],
      ['f', 10],
    ] as const) {
      await publish(queue, body, { priority, persistent: true })
    }
    const first = await got(channel, queue)
    const second = await got(channel, queue)
    assert.deepEqual([first, second].map(body), ['e', 'f'])
    channel.nack(second, false, true)
    channel.nack(first, false, true)
    const order: string[] = []
    for (let n = 0; n < 6; n++) {
      const message = await got(channel, queue)
      channel.ack(message)
      order.push(body(message))
    }
    assert.deepEqual(order, ['e', 'f', 'b', 'd', 'a', 'c'])
    await channel.deleteQueue(queue)
  })

  test('a full queue with priorities drops what would go out next', async () => {
    const queue = await declared('drop', { 'x-max-priority': 5, 'x-max-length': 2 })
    for (const priority of [5, 1, 2]) await publish(queue, `${priority}`, { priority })
    const order = [body(await got(channel, queue)), body(await got(channel, queue))]
    assert.deepEqual(order, ['2', '1'])
    await channel.deleteQueue(queue)
  })

  test('a quorum queue serves by priority, and what comes back goes first', async () => {
    const queue = await declared('quorum', { 'x-queue-type': 'quorum' })
    for (const priority of [0, 31, undefined, 4, 5]) await publish(queue, `${priority}`, { priority })
    const came: Came[] = []
    for (let n = 0; n < 5; n++) came.push(await got(channel, queue))
    assert.deepEqual(came.map(body), ['31', '5', 'undefined', '4', '0'])
    channel.nack(came[4]!, false, true)
    channel.nack(came[2]!, false, true)
    await publish(queue, 'late', { priority: 31 })
    const order: string[] = []
    for (let n = 0; n < 3; n++) {
      const message = await got(channel, queue)
      channel.ack(message)
      order.push(body(message))
    }
    assert.deepEqual(order, ['0', 'undefined', 'late'])
    for (const n of [0, 1, 3]) channel.ack(came[n]!)
    await channel.deleteQueue(queue)
  })

  test('a quorum queue counts, and over the limit its messages are dead letters', async () => {
    const letters = await declared('letters', {})
    const queue = await declared('limit', {
      'x-queue-type': 'quorum',
      'x-delivery-limit': 2,
      'x-dead-letter-exchange': '',
      'x-dead-letter-routing-key': letters,
    })
    await publish(queue, 'poison', { headers: { zone: 1 } })
    const one = await got(channel, queue)
    assert.deepEqual(counts(one), [false, null, null])
    channel.nack(one, false, true)
    const two = await got(channel, queue)
    assert.deepEqual(counts(two), [true, 1, null])
    channel.reject(two, true)
    const dying = await connection.createChannel()
    const three = await got(dying, queue)
    assert.deepEqual(counts(three), [true, 2, 1])
    await dying.close()
    const four = await got(channel, queue)
    assert.deepEqual(counts(four), [true, 3, 2])
    channel.reject(four, true)
    const letter = await got(channel, letters)
    channel.ack(letter)
    const { headers } = letter.properties
    assert.deepEqual(Object.keys(headers ?? {}).sort(), [
      'x-death',
      'x-first-death-exchange',
      'x-first-death-queue',
      'x-first-death-reason',
      'x-last-death-exchange',
      'x-last-death-queue',
      'x-last-death-reason',
      'zone',
    ])
    assert.deepEqual([headers?.['x-first-death-reason'], letter.fields.redelivered], ['delivery_limit', true])
    for (const name of [queue, letters]) await channel.deleteQueue(name)
  })

  test('a message that failed goes on being counted in the quorum queue that it comes to as a dead letter', async () => {
    const letters = await declared('letters', { 'x-queue-type': 'quorum' })
    const queue = await declared('limit', {
      'x-queue-type': 'quorum',
      'x-delivery-limit': 0,
      'x-dead-letter-exchange': '',
      'x-dead-letter-routing-key': letters,
    })
    await publish(queue, 'poison')
    channel.reject(await got(channel, queue), true)
    const one = await got(channel, letters)
    assert.deepEqual(counts(one), [true, 1, 1])
    channel.nack(one, false, true)
    assert.deepEqual(counts(await got(channel, letters)), [true, 1, 1])
    for (const name of [queue, letters]) await channel.deleteQueue(name)
  })

  test('a quorum queue that dead-letters at least once waits for its targets', async () => {
    const letters = fresh('late')
    const exchange = fresh('dlx')
    const queue = await declared('once', {
      'x-queue-type': 'quorum',
      'x-overflow': 'reject-publish',
      'x-dead-letter-exchange': exchange,
      'x-dead-letter-strategy': 'at-least-once',
    })
    await channel.assertExchange(exchange, 'fanout', { durable: true })
    await channel.assertQueue(letters, { durable: true })
    await channel.bindQueue(letters, exchange, '')
    await publish(queue, 'm', { persistent: true })
    channel.nack(await got(channel, queue), false, false)
    const letter = await got(channel, letters)
    assert.equal(letter.properties.headers?.['x-first-death-reason'], 'rejected')
    channel.ack(letter)
    for (const name of [queue, letters]) await channel.deleteQueue(name)
    await channel.deleteExchange(exchange)
  })

  test('a consumer that keeps a message for too long is told that it is cancelled, and others get the message', async () => {
    const queue = await declared('timeout', { 'x-queue-type': 'quorum', 'x-consumer-timeout': 300 })
    const slow = await connection.createChannel()
    const came = new Mailbox<string>()
    await slow.prefetch(1)
    await slow.consume(queue, (message) => came.put(message === null ? 'cancelled' : message.content.toString()))
    await publish(queue, 'm')
    assert.deepEqual(await came.take(2), ['m', 'cancelled'])
    const again = await got(channel, queue)
    assert.deepEqual(counts(again), [true, 1, null])
    channel.ack(again)
    await slow.close()
    await channel.deleteQueue(queue)
  })

  for (const type of ['classic', 'quorum']) {
    test(`single active consumers of a ${type} queue follow in the order in which they came, each with its prefetch`, async () => {
      const queue = await declared('followers', { 'x-queue-type': type, 'x-single-active-consumer': true })
      const came = new Mailbox<string>()
      const consumers: { channel: Channel; unacked: Came[]; tag: string }[] = []
      for (const [name, prefetch] of [
        ['A', 2],
        ['B', 3],
        ['C', 1],
      ] as const) {
        const one = { channel: await connection.createChannel(), unacked: [] as Came[], tag: name }
        await one.channel.prefetch(prefetch)
        const take = (message: Came | null) => {
          if (message === null) return
          one.unacked.push(message)
          came.put(`${name}${message.content}`)
        }
        await one.channel.consume(queue, take as never, { consumerTag: name })
        consumers.push(one)
      }
      for (let i = 0; i < 8; i++) await publish(queue, `${i}`, { persistent: true })
      const [a, b, c] = consumers as [(typeof consumers)[0], (typeof consumers)[0], (typeof consumers)[0]]
      assert.deepEqual(await came.take(2), ['A0', 'A1'])
      a.channel.ack(a.unacked[0]!)
      assert.deepEqual(await came.take(1), ['A2'])
      // What a cancelled one still has is its own until it goes.
      await a.channel.cancel('A')
      assert.deepEqual(await came.take(3), ['B3', 'B4', 'B5'])
      a.channel.ack(a.unacked[1]!)
      await a.channel.close()
      b.channel.ack(b.unacked[0]!)
      assert.deepEqual(await came.take(1), ['B2'])
      await b.channel.close()
      // A quorum queue hands out what came back in the order in which it did, a classic one by age.
      const back = type === 'classic' ? ['C2', 'C4', 'C5', 'C6'] : ['C4', 'C5', 'C2', 'C6']
      for (const next of back) {
        assert.deepEqual(await came.take(1), [next])
        c.channel.ack(c.unacked.at(-1)!)
      }
      await c.channel.close()
      await channel.deleteQueue(queue)
    })

    test(`the single active consumer of a ${type} queue is followed by the one of highest priority`, async () => {
      const queue = await declared('single', { 'x-queue-type': type, 'x-single-active-consumer': true })
      const came = new Mailbox<string>()
      const channels: Record<string, Channel> = {}
      const consume = async (name: string, priority: number) => {
        const on = await connection.createChannel()
        channels[name] = on
        await on.prefetch(1)
        const take = (message: Came | null) => {
          if (message === null) return
          came.put(`${name} ${message.content}`)
          on.ack(message)
        }
        await on.consume(queue, take as never, { arguments: { 'x-priority': priority } })
      }
      await consume('first', 2)
      await consume('low', 0)
      await consume('high', 1)
      await publish(queue, '1')
      await publish(queue, '2')
      assert.deepEqual(await came.take(2), ['first 1', 'first 2'])
      await channels.first!.close()
      await publish(queue, '3')
      assert.deepEqual(await came.take(1), ['high 3'])
      await channels.high!.close()
      await publish(queue, '4')
      assert.deepEqual(await came.take(1), ['low 4'])
      await channels.low!.close()
      await channel.deleteQueue(queue)
    })
  }

  test('a full queue that refuses publishers has them told so', async () => {
    const queue = await declared('full', { 'x-max-length': 1, 'x-overflow': 'reject-publish' })
    const send = () =>
      new Promise<boolean>((resolve) => channel.sendToQueue(queue, Buffer.from('m'), {}, (error) => resolve(!error)))
    assert.deepEqual([await send(), await send()], [true, false])
    channel.ack(await got(channel, queue))
    assert.equal(await send(), true)
    await channel.deleteQueue(queue)
  })
})

function body(message: Came): string {
  return message.content.toString()
}
