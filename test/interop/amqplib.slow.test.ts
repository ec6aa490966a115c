import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import {
  type Channel,
  type ChannelModel,
  type ConfirmChannel,
  type ConsumeMessage,
  connect,
  type Message,
} from 'amqplib'
import { Mailbox } from './mailbox.ts'
import { fresh, targetOf } from './target.ts'

const { skip, target } = targetOf('amqp')

suite('amqplib', { skip, timeout: 60_000 }, () => {
  let connection: ChannelModel
  let channel: ConfirmChannel

  before(async () => {
    connection = await connect(`amqp://guest:guest@${target().address}`)
    channel = await connection.createConfirmChannel()
  })
  after(() => connection?.close())

  test('publishes with confirms and consumes with acknowledgements', async () => {
    const queue = fresh('work')
    await channel.assertQueue(queue)
    for (let i = 0; i < 500; i++)
      channel.sendToQueue(queue, Buffer.from(`job ${i}`), { persistent: true, messageId: `${i}` })
    await channel.waitForConfirms()
    const came = await consume(channel, queue, { prefetch: 20, ack: true })
    const jobs = await came.take(500)
    assert.deepEqual(
      jobs.map((job) => job.content.toString()),
      Array.from({ length: 500 }, (_, i) => `job ${i}`),
    )
    assert.equal(jobs[7]!.properties.messageId, '7')
    assert.equal(jobs[7]!.properties.deliveryMode, 2)
    assert.equal(jobs[7]!.fields.redelivered, false)
    assert.equal((await channel.deleteQueue(queue)).messageCount, 0)
  })

  test('gets back what it returned to the queue, marked as redelivered', async () => {
    const queue = fresh('requeue')
    await channel.assertQueue(queue, { exclusive: true })
    channel.sendToQueue(queue, Buffer.from('again'))
    const came = await consume(channel, queue)
    const first = await came.next()
    assert.equal(first.fields.redelivered, false)
    channel.nack(first, false, true)
    const second = await came.next()
    assert.equal(second.content.toString(), 'again')
    assert.equal(second.fields.redelivered, true)
    channel.ack(second)
  })

  test('finds a message dead-lettered when its time was up, and why', async () => {
    const dead = fresh('dead')
    const queue = fresh('ttl')
    await channel.assertQueue(dead, { exclusive: true })
    await channel.assertQueue(queue, {
      exclusive: true,
      messageTtl: 50,
      deadLetterExchange: '',
      deadLetterRoutingKey: dead,
    })
    const came = await consume(channel, dead, { ack: true })
    channel.sendToQueue(queue, Buffer.from('late'))
    const message = await came.next()
    assert.equal(message.content.toString(), 'late')
    assert.equal(message.fields.routingKey, dead)
    const death = message.properties.headers?.['x-death']?.[0] as unknown as Record<string, unknown>
    assert.equal(death.reason, 'expired')
    assert.equal(death.queue, queue)
    assert.equal(Number(death.count), 1)
    assert.deepEqual(death['routing-keys'], [queue])
    assert.equal(message.properties.headers?.['x-first-death-reason'], 'expired')
  })

  test('finds a message dead-lettered when it was rejected, through an exchange', async () => {
    const [dead, queue, exchange] = [fresh('dead'), fresh('rejecting'), fresh('dlx')]
    await channel.assertExchange(exchange, 'fanout', { autoDelete: true })
    await channel.assertQueue(dead, { exclusive: true })
    await channel.bindQueue(dead, exchange, '')
    await channel.assertQueue(queue, { exclusive: true, deadLetterExchange: exchange })
    const came = await consume(channel, dead, { ack: true })
    const work = await consume(channel, queue)
    channel.sendToQueue(queue, Buffer.from('bad'), { headers: { attempt: 3 } })
    channel.reject(await work.next(), false)
    const message = await came.next()
    assert.equal(message.content.toString(), 'bad')
    assert.equal(message.fields.exchange, exchange)
    assert.equal(message.fields.routingKey, queue)
    assert.equal(message.properties.headers?.attempt, 3)
    assert.equal(message.properties.headers?.['x-first-death-reason'], 'rejected')
  })

  test('routes by topic', async () => {
    const exchange = fresh('topic')
    await channel.assertExchange(exchange, 'topic', { autoDelete: true })
    const bound = async (...patterns: string[]) => {
      const { queue } = await channel.assertQueue('', { exclusive: true })
      for (const pattern of patterns) await channel.bindQueue(queue, exchange, pattern)
      return consume(channel, queue, { ack: true })
    }
    const [errors, everything, two, either] = await Promise.all([
      bound('*.error'),
      bound('#'),
      bound('*.*'),
      bound('kern.*', '#.error'),
    ])
    const keys = ['kern.error', 'kern.info', 'app.error', 'app', 'app.web.error']
    for (const key of keys) channel.publish(exchange, key, Buffer.from(key))
    channel.publish(exchange, 'end.error', Buffer.from('end'))
    await channel.waitForConfirms()
    const seen = async (came: Mailbox<ConsumeMessage>) => {
      await came.until(() => came.all.at(-1)?.content.toString() === 'end')
      return came.all.slice(0, -1).map((message) => message.content.toString())
    }
    assert.deepEqual(await seen(errors), ['kern.error', 'app.error'])
    assert.deepEqual(await seen(everything), keys)
    assert.deepEqual(await seen(two), ['kern.error', 'kern.info', 'app.error'])
    assert.deepEqual(await seen(either), ['kern.error', 'kern.info', 'app.error', 'app.web.error'])
  })

  test('asks and is answered through amq.rabbitmq.reply-to', async () => {
    const queue = fresh('rpc')
    await channel.assertQueue(queue, { exclusive: true })
    await channel.consume(queue, (asked) => {
      if (asked === null) return
      const { replyTo, correlationId } = asked.properties
      channel.sendToQueue(replyTo, Buffer.from(`${asked.content}!`), { correlationId })
      channel.ack(asked)
    })
    const caller = await connection.createChannel()
    const answers = await consume(caller, 'amq.rabbitmq.reply-to', { noAck: true })
    for (let i = 0; i < 20; i++) {
      caller.sendToQueue(queue, Buffer.from(`q${i}`), { replyTo: 'amq.rabbitmq.reply-to', correlationId: `${i}` })
    }
    const came = await answers.take(20)
    assert.deepEqual(
      came.map((answer) => `${answer.properties.correlationId} ${answer.content}`),
      Array.from({ length: 20 }, (_, i) => `${i} q${i}!`),
    )
    await caller.close()
  })

  test('gets a mandatory message back that no queue takes, before its confirm', async () => {
    const returned = new Mailbox<Message>()
    const own = await connection.createConfirmChannel()
    own.on('return', (message) => returned.put(message))
    own.publish('amq.direct', fresh('nowhere'), Buffer.from('back'), { mandatory: true, type: 'letter' })
    await own.waitForConfirms()
    assert.equal(returned.all.length, 1)
    const fields = returned.all[0]!.fields as unknown as Record<string, unknown>
    assert.equal(fields.replyCode, 312)
    assert.equal(fields.replyText, 'NO_ROUTE')
    assert.equal(returned.all[0]!.content.toString(), 'back')
    assert.equal(returned.all[0]!.properties.type, 'letter')
    await own.close()
  })

  test('is told with 406 that a queue is there with other settings, and only its channel is closed', async () => {
    const queue = fresh('other')
    await channel.assertQueue(queue, { exclusive: true })
    const own = await connection.createChannel()
    const errors = new Mailbox<Error>()
    own.on('error', (error) => errors.put(error))
    await assert.rejects(own.assertQueue(queue, { exclusive: true, maxLength: 5 }), /PRECONDITION_FAILED/)
    assert.equal(((await errors.next()) as Error & { code: number }).code, 406)
    await channel.checkQueue(queue)
  })

  test('is told that there is no such type of exchange, and that there is one without its plugin', async () => {
    const refusals = [
      ['x-jms-topic', /invalid exchange type 'x-jms-topic'/],
      ['x-event', /unknown exchange type 'x-event'/],
    ] as const
    for (const [type, text] of refusals) {
      const own = await connection.createChannel()
      own.on('error', () => {})
      await assert.rejects(own.assertExchange(fresh('typed'), type), text)
    }
  })

  test('opens a channel of the number of one that a message was too large for', async () => {
    const large = Buffer.alloc(20 * 2 ** 20)
    const opened = new Set<number>()
    for (let n = 0; n < 3; n++) {
      const own = await connection.createChannel()
      opened.add((own as unknown as { ch: number }).ch)
      const errors = new Mailbox<Error & { code: number }>()
      own.on('error', (error) => errors.put(error as Error & { code: number }))
      own.publish('amq.direct', fresh('nowhere'), large)
      assert.equal((await errors.next()).code, 406)
    }
    assert.equal(opened.size, 1)
  })

  test('sends a message of several frames, and of no byte', async () => {
    const queue = fresh('sizes')
    await channel.assertQueue(queue, { exclusive: true })
    const large = Buffer.alloc(1_000_000, 'large ')
    channel.sendToQueue(queue, large)
    channel.sendToQueue(queue, Buffer.alloc(0))
    const came = await consume(channel, queue, { ack: true })
    assert.ok((await came.next()).content.equals(large))
    assert.equal((await came.next()).content.length, 0)
  })
})

/** What the queue delivers. */
async function consume(
  channel: Channel,
  queue: string,
  { prefetch = 0, ack = false, noAck = false } = {},
): Promise<Mailbox<ConsumeMessage>> {
  const came = new Mailbox<ConsumeMessage>()
  if (prefetch > 0) await channel.prefetch(prefetch)
  await channel.consume(
    queue,
    (message) => {
      if (message === null) return
      if (ack) channel.ack(message)
      came.put(message)
    },
    { noAck },
  )
  return came
}
