import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { type AsyncMessage, Connection, ConsumerStatus, type ReturnedMessage } from 'rabbitmq-client'
import { Mailbox } from './mailbox.ts'
import { fresh, targetOf } from './target.ts'

const { skip, target } = targetOf('amqp')

suite('rabbitmq-client', { skip, timeout: 60_000 }, () => {
  let rabbit: Connection

  before(async () => {
    rabbit = new Connection(`amqp://guest:guest@${target().address}`)
    await rabbit.onConnect(5000, true)
  })
  after(() => rabbit?.close())

  const declared = async (options: object = {}) => {
    const queue = fresh('rc')
    await rabbit.queueDeclare({ queue, exclusive: true, ...options })
    return queue
  }

  test('publishes with confirms and consumes with acknowledgements', async () => {
    const queue = await declared()
    const publisher = rabbit.createPublisher({ confirm: true })
    await Promise.all(
      Array.from({ length: 300 }, (_, i) => publisher.send({ routingKey: queue, durable: true }, { i })),
    )
    const came = new Mailbox<AsyncMessage>()
    const consumer = rabbit.createConsumer(
      { queue, queueOptions: { passive: true }, qos: { prefetchCount: 10 } },
      async (m) => came.put(m),
    )
    const messages = await came.take(300)
    assert.deepEqual(
      messages.map((message) => message.body.i),
      Array.from({ length: 300 }, (_, i) => i),
    )
    await consumer.close()
    assert.equal((await rabbit.queueDeclare({ queue, passive: true })).messageCount, 0)
    await publisher.close()
  })

  test('gets back what it returned to the queue, then dead-letters it by rejecting it', async () => {
    const dead = await declared()
    const queue = await declared({
      arguments: { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': dead },
    })
    const seen: boolean[] = []
    const consumer = rabbit.createConsumer({ queue, queueOptions: { passive: true } }, async (message) => {
      seen.push(message.redelivered)
      return seen.length === 1 ? ConsumerStatus.REQUEUE : ConsumerStatus.DROP
    })
    const came = new Mailbox<AsyncMessage>()
    const coroner = rabbit.createConsumer({ queue: dead, queueOptions: { passive: true } }, async (m) => came.put(m))
    const publisher = rabbit.createPublisher({ confirm: true })
    await publisher.send(queue, 'twice')
    const message = await came.next()
    assert.deepEqual(seen, [false, true])
    assert.equal(message.headers?.['x-death'][0].reason, 'rejected')
    assert.equal(message.headers?.['x-first-death-queue'], queue)
    await Promise.all([consumer.close(), coroner.close(), publisher.close()])
  })

  test('finds a message dead-lettered when its own time was up', async () => {
    const dead = await declared()
    const queue = await declared({
      arguments: { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': dead },
    })
    const came = new Mailbox<AsyncMessage>()
    const coroner = rabbit.createConsumer({ queue: dead, queueOptions: { passive: true } }, async (m) => came.put(m))
    const publisher = rabbit.createPublisher({ confirm: true })
    await publisher.send({ routingKey: queue, expiration: '50' }, 'late')
    const message = await came.next()
    assert.equal(message.headers?.['x-death'][0].reason, 'expired')
    assert.equal(message.headers?.['x-death'][0]['original-expiration'], '50')
    assert.equal(message.expiration, undefined)
    await Promise.all([coroner.close(), publisher.close()])
  })

  test('routes by topic', async () => {
    const exchange = fresh('topic')
    await rabbit.exchangeDeclare({ exchange, type: 'topic', autoDelete: true })
    const [one, all] = [await declared(), await declared()]
    await rabbit.queueBind({ exchange, queue: one, routingKey: 'order.*.paid' })
    await rabbit.queueBind({ exchange, queue: all, routingKey: 'order.#' })
    const publisher = rabbit.createPublisher({ confirm: true })
    for (const routingKey of ['order.1.paid', 'order.2.sent', 'order', 'invoice.1.paid']) {
      await publisher.send({ exchange, routingKey }, routingKey)
    }
    const taken = async (queue: string) => {
      const keys: string[] = []
      for (;;) {
        const message = await rabbit.basicGet({ queue, noAck: true })
        if (message === undefined) return keys
        keys.push(String(message.body))
      }
    }
    assert.deepEqual(await taken(one), ['order.1.paid'])
    assert.deepEqual(await taken(all), ['order.1.paid', 'order.2.sent', 'order'])
    await publisher.close()
  })

  test('asks and is answered through amq.rabbitmq.reply-to', async () => {
    const queue = await declared()
    const server = rabbit.createConsumer({ queue, queueOptions: { passive: true } }, async (message, reply) => {
      await reply({ sum: message.body.a + message.body.b })
    })
    const client = rabbit.createRPCClient({ confirm: true })
    const answers = await Promise.all([1, 2, 3].map((a) => client.send(queue, { a, b: 10 })))
    assert.deepEqual(
      answers.map((answer) => answer.body.sum),
      [11, 12, 13],
    )
    await Promise.all([client.close(), server.close()])
  })

  test('gets a mandatory message back that no queue takes', async () => {
    const publisher = rabbit.createPublisher({ confirm: true })
    const returned = new Mailbox<ReturnedMessage>()
    publisher.on('basic.return', (message) => returned.put(message))
    await publisher.send({ exchange: 'amq.direct', routingKey: fresh('nowhere'), mandatory: true }, 'back')
    const message = await returned.next()
    assert.equal(message.replyCode, 312)
    assert.equal(message.replyText, 'NO_ROUTE')
    assert.equal(message.body, 'back')
    await publisher.close()
  })
})
