import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { type Channel, type ChannelModel, connect, type GetMessage } from 'amqplib'
import { Mailbox } from './mailbox.ts'
import { BUILD, missing } from './script.ts'
import { fresh, targetOf } from './target.ts'

const { skip, target } = targetOf('amqp')
const folder = join(BUILD, 'nestjs')
const notThere = missing('NestJS', 'run scripts/install-clients.sh', existsSync(join(folder, 'node_modules/amqplib')))

// biome-ignore lint/suspicious/noExplicitAny: NestJS is installed apart, and its types with it.
type Any = any

async function load(name: string): Promise<Any> {
  return import(pathToFileURL(createRequire(join(folder, 'package.json')).resolve(name)).href)
}

/** A message that the application has seen: by which handler, with what, and under which context of RabbitMQ. */
interface Handled {
  readonly by: string
  readonly data: Any
  readonly context: Any
}

suite('NestJS microservices on Transport.RMQ', { skip: skip || notThere, timeout: 60_000 }, () => {
  const open: (() => Promise<unknown>)[] = []
  const handled = new Mailbox<Handled>()
  let nest: { common: Any; core: Any; micro: Any; rxjs: Any }
  let amqp: ChannelModel
  let channel: Channel

  before(async () => {
    await load('reflect-metadata')
    const [common, core, micro, rxjs] = await Promise.all(
      ['@nestjs/common', '@nestjs/core', '@nestjs/microservices', 'rxjs'].map(load),
    )
    nest = { common, core, micro, rxjs }
    amqp = await connect(target().uri)
    channel = await amqp.createChannel()
  })
  after(async () => {
    for (const close of open.reverse()) await close()
    await amqp?.close()
  })

  /** Starts a microservice with these handlers: what a class with `@MessagePattern` and `@EventPattern` on its methods is. */
  async function serve(options: object, handlers: readonly Handler[]): Promise<void> {
    const { common, core, micro } = nest
    class Shop {}
    for (const { kind, pattern, handle } of handlers) {
      const name = `on ${pattern}`
      Object.defineProperty(Shop.prototype, name, {
        value(data: Any, context: Any) {
          handled.put({ by: pattern, data, context })
          return handle(data, context)
        },
      })
      const descriptor = Object.getOwnPropertyDescriptor(Shop.prototype, name)
      const decorator = kind === 'message' ? micro.MessagePattern : micro.EventPattern
      decorator(pattern)(Shop.prototype, name, descriptor)
      micro.Payload()(Shop.prototype, name, 0)
      micro.Ctx()(Shop.prototype, name, 1)
    }
    common.Controller()(Shop)
    class Application {}
    common.Module({ controllers: [Shop] })(Application)
    const transport = { transport: micro.Transport.RMQ, options: { urls: [target().uri], ...options } }
    const service = await core.NestFactory.createMicroservice(Application, { ...transport, logger: ['error'] })
    await service.listen()
    open.push(() => service.close())
  }

  function clientOf(options: object): Any {
    const { micro } = nest
    const client = micro.ClientProxyFactory.create({
      transport: micro.Transport.RMQ,
      options: { urls: [target().uri], ...options },
    })
    open.push(() => client.close())
    return client
  }

  const ask = (client: Any, pattern: string, data: unknown) => nest.rxjs.firstValueFrom(client.send(pattern, data))
  const tell = (client: Any, pattern: string, data: unknown) =>
    nest.rxjs.lastValueFrom(client.emit(pattern, data), { defaultValue: null })

  async function handledBy(pattern: string, count: number): Promise<Handled[]> {
    const of = () => handled.all.filter(({ by }) => by === pattern)
    await handled.until(() => of().length >= count)
    return of()
  }

  /** The next message of a queue that the application does not consume. */
  async function taken(queue: string): Promise<GetMessage> {
    for (let n = 0; n < 10_000; n++) {
      const message = await channel.get(queue, { noAck: true })
      if (message !== false) return message
    }
    throw new Error(`nothing comes to ${queue}`)
  }

  test('answers requests with one value, with several, and with an error', async () => {
    const options = { queue: fresh('nest'), queueOptions: { durable: false } }
    await serve(options, [
      message('sum', (numbers: number[]) => numbers.reduce((sum, one) => sum + one, 0)),
      message('countdown', (from: number) => nest.rxjs.range(1, from)),
      message('fail', () => {
        throw new nest.micro.RpcException('out of stock')
      }),
    ])
    const client = clientOf(options)
    assert.equal(await ask(client, 'sum', [1, 2, 3]), 6)
    const many = await Promise.all(Array.from({ length: 50 }, (_, n) => ask(client, 'sum', [n, n])))
    assert.deepEqual(
      many,
      Array.from({ length: 50 }, (_, n) => n + n),
    )
    const all = nest.rxjs.toArray()(client.send('countdown', 4))
    assert.deepEqual(await nest.rxjs.firstValueFrom(all), [1, 2, 3, 4])
    await assert.rejects(ask(client, 'fail', {}), (error: Any) => error.message === 'out of stock')
    await assert.rejects(ask(client, 'nobody', {}), (error: Any) =>
      /no matching message handler/.test(error.message ?? error),
    )
  })

  test('handles events, whose headers and properties arrive', async () => {
    const options = { queue: fresh('nest'), queueOptions: { durable: true }, persistent: true }
    await serve(options, [event('order.placed', () => {})])
    const client = clientOf(options)
    const record = new nest.micro.RmqRecordBuilder({ id: 7 })
      .setOptions({ headers: { 'x-tenant': 'north' }, priority: 3 })
      .build()
    await tell(client, 'order.placed', record)
    const [one] = await handledBy('order.placed', 1)
    assert.deepEqual(one!.data, { id: 7 })
    const { properties } = one!.context.getMessage()
    assert.equal(properties.headers['x-tenant'], 'north')
    assert.deepEqual([properties.priority, properties.deliveryMode], [3, 2])
  })

  test('acknowledges by hand: what is given back comes again, what is refused is dead-lettered', async () => {
    const dead = fresh('nest.dead')
    await channel.assertQueue(dead)
    const queue = fresh('nest')
    const args = { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': dead }
    const options = { queue, queueOptions: { durable: true, arguments: args } }
    await serve({ ...options, noAck: false, prefetchCount: 1 }, [
      event('pay', ({ id }: { id: number }, context: Any) => {
        const [on, delivery] = [context.getChannelRef(), context.getMessage()]
        if (id === 1) on.ack(delivery)
        else if (id === 2 && !delivery.fields.redelivered) on.nack(delivery, false, true)
        else if (id === 2) on.ack(delivery)
        else on.nack(delivery, false, false)
      }),
    ])
    const client = clientOf(options)
    for (const id of [1, 2, 3]) await tell(client, 'pay', { id })
    const letter = await taken(dead)
    assert.deepEqual(JSON.parse(letter.content.toString()).data, { id: 3 })
    const [death] = letter.properties.headers?.['x-death'] ?? []
    assert.deepEqual([death?.reason, death?.queue, death?.count], ['rejected', queue, 1])
    const times = (await handledBy('pay', 4)).map(({ data, context }) => [
      data.id,
      context.getMessage().fields.redelivered,
    ])
    assert.deepEqual(
      times.filter(([id]) => id !== 3),
      [
        [1, false],
        [2, false],
        [2, true],
      ],
    )
    // Everything is settled: nothing is given back when the channel closes.
    assert.equal((await channel.checkQueue(queue)).messageCount, 0)
  })

  test('gives up on a quorum queue after its limit of deliveries', async () => {
    const dead = fresh('nest.dead')
    await channel.assertQueue(dead)
    const queue = fresh('nest')
    const args = {
      'x-queue-type': 'quorum',
      'x-delivery-limit': 2,
      'x-dead-letter-exchange': '',
      'x-dead-letter-routing-key': dead,
    }
    const options = { queue, queueOptions: { durable: true, arguments: args } }
    await serve({ ...options, noAck: false }, [
      event('ship', (_: unknown, context: Any) => context.getChannelRef().reject(context.getMessage(), true)),
    ])
    await tell(clientOf(options), 'ship', { id: 1 })
    const letter = await taken(dead)
    assert.equal(letter.properties.headers?.['x-death']?.[0]?.reason, 'delivery_limit')
    assert.equal((await handledBy('ship', 3)).length, 3)
  })

  test('routes by the patterns of a topic exchange, and to everybody by a fanout', async () => {
    const exchange = fresh('nest.topic')
    const base = { wildcards: true, exchange, exchangeType: 'topic', queueOptions: { durable: false } }
    await serve({ ...base, queue: fresh('nest') }, [event('stock.*.low', () => {}), event('order.#', () => {})])
    const client = clientOf({ ...base, queue: fresh('nest.client') })
    await tell(client, 'stock.north.high', 0)
    await tell(client, 'stock.north.low', 1)
    await tell(client, 'order', 2)
    await tell(client, 'order.north.paid', 3)
    const came = (await handledBy('order.#', 2)).concat(await handledBy('stock.*.low', 1))
    assert.deepEqual(
      came.map(({ data }) => data),
      [2, 3, 1],
    )
    const fanout = { exchange: fresh('nest.fanout'), exchangeType: 'fanout', queueOptions: { durable: false } }
    for (const _ of [1, 2]) await serve({ ...fanout, queue: fresh('nest') }, [event('news', () => {})])
    await tell(clientOf({ ...fanout, queue: '' }), 'news', 'x')
    assert.equal((await handledBy('news', 2)).length, 2)
  })
})

interface Handler {
  readonly kind: 'message' | 'event'
  readonly pattern: string
  readonly handle: (data: Any, context: Any) => unknown
}

function message(pattern: string, handle: Handler['handle']): Handler {
  return { kind: 'message', pattern, handle }
}

function event(pattern: string, handle: Handler['handle']): Handler {
  return { kind: 'event', pattern, handle }
}
