import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { Mailbox } from './mailbox.ts'
import { BUILD, missing } from './script.ts'
import { fresh, targetOf } from './target.ts'

const { skip, target } = targetOf('amqp')
const folder = join(BUILD, 'rascal')
const notThere = missing('Rascal', 'run scripts/install-clients.sh', existsSync(join(folder, '.ready')))

// biome-ignore lint/suspicious/noExplicitAny: Rascal is installed apart, and its types with it.
type Any = any

/** What an application says of one vhost, in Rascal's own words. */
interface Setup {
  readonly exchanges?: object
  readonly queues: Readonly<Record<string, object>>
  readonly bindings?: readonly string[]
  readonly publications: object
  readonly subscriptions: object
  readonly shovels?: object
  readonly redeliveries?: object
}

const JSON_TYPE = { options: { contentType: 'application/json' } }

suite('Rascal', { skip: skip || notThere, timeout: 60_000 }, () => {
  const open: (() => Promise<unknown>)[] = []
  after(async () => {
    for (const close of open.reverse()) await close()
  })

  async function create({ shovels = {}, redeliveries = {}, exchanges = [''], ...vhost }: Setup): Promise<Any> {
    const { BrokerAsPromised, withDefaultConfig } = createRequire(join(folder, 'package.json'))('rascal')
    const name = decodeURIComponent(new URL(target().uri).pathname.slice(1))
    // Names begin with something of their own, so that nobody else has them.
    const whole = { ...vhost, exchanges, namespace: fresh('rascal'), connection: { url: target().uri } }
    const broker = await BrokerAsPromised.create(
      withDefaultConfig({ vhosts: { [name]: whole }, shovels, redeliveries }),
    )
    broker.on('error', () => {})
    open.push(async () => {
      if (target().control) await broker.nuke()
      else await broker.shutdown()
    })
    return broker
  }

  async function publish(broker: Any, publication: string, content: unknown, overrides?: object): Promise<void> {
    const sent = await broker.publish(publication, content, overrides)
    await new Promise((resolve, reject) => sent.on('success', resolve).on('error', reject))
  }

  /** What a subscription brings; `settle` says what becomes of it. */
  async function subscribe(
    broker: Any,
    name: string,
    settle: (ackOrNack: (error?: Error, recovery?: unknown) => void, content: Any, message: Any) => void = (ack) =>
      ack(),
  ): Promise<Mailbox<{ content: Any; message: Any }>> {
    const came = new Mailbox<{ content: Any; message: Any }>()
    const subscription = await broker.subscribe(name)
    subscription.on('error', () => {})
    subscription.on('message', (message: Any, content: Any, ackOrNack: Any) => {
      came.put({ content, message })
      settle(ackOrNack, content, message)
    })
    return came
  }

  test('publishes with confirms, routes and acknowledges', async () => {
    const broker = await create({
      exchanges: { orders: { type: 'topic' } },
      queues: { all: {}, north: {} },
      bindings: ['orders[order.#] -> all', 'orders[*.north.*] -> north'],
      publications: { placed: { exchange: 'orders', routingKey: 'order.{{region}}.placed', ...JSON_TYPE } },
      subscriptions: { all: { queue: 'all', prefetch: 5 }, north: { queue: 'north' } },
    })
    const [all, north] = [await subscribe(broker, 'all'), await subscribe(broker, 'north')]
    for (let n = 0; n < 20; n++) {
      const routingKey = `order.${n % 2 === 0 ? 'north' : 'south'}.placed`
      await publish(broker, 'placed', { n }, { routingKey })
    }
    assert.deepEqual(
      (await all.take(20)).map(({ content }) => content.n),
      Array.from({ length: 20 }, (_, n) => n),
    )
    assert.equal((await north.take(10)).length, 10)
  })

  test('is told when a mandatory message goes nowhere', async () => {
    const broker = await create({
      exchanges: { void: { type: 'direct' } },
      queues: {},
      publications: { lost: { exchange: 'void', options: { mandatory: true } } },
      subscriptions: {},
    })
    const sent = await broker.publish('lost', 'x', { routingKey: 'nowhere' })
    const returned: Any = await new Promise((resolve) => sent.on('return', resolve))
    assert.deepEqual([returned.fields.replyCode, returned.fields.replyText], [312, 'NO_ROUTE'])
  })

  test('republishes what fails so many times, then leaves it to the dead letters', async () => {
    const broker = await create({
      exchanges: { jobs: { type: 'direct' }, dead: { type: 'fanout' } },
      queues: { jobs: { options: { arguments: { 'x-dead-letter-exchange': 'dead' } } }, dead: {} },
      bindings: ['jobs[job] -> jobs', 'dead -> dead'],
      publications: { job: { exchange: 'jobs', routingKey: 'job', ...JSON_TYPE } },
      subscriptions: { jobs: { queue: 'jobs' }, dead: { queue: 'dead' } },
    })
    const recovery = [{ strategy: 'republish', defer: 50, attempts: 3 }, { strategy: 'nack' }]
    const jobs = await subscribe(broker, 'jobs', (ackOrNack) => ackOrNack(new Error('no'), recovery))
    const dead = await subscribe(broker, 'dead')
    await publish(broker, 'job', { id: 1 })
    const { content, message } = await dead.next()
    assert.deepEqual(content, { id: 1 })
    assert.equal(jobs.all.length, 4)
    const { headers } = message.properties
    assert.deepEqual(
      [headers['x-death'].length, headers['x-death'][0].reason, headers['x-death'][0].count],
      [1, 'rejected', 1],
    )
    assert.equal(headers['x-first-death-reason'], 'rejected')
    assert.equal(Object.values<Any>(headers.rascal.recovery)[0].republished, 3)
  })

  test('waits for a retry in a queue with a time to live, which sends it back through an exchange', async () => {
    const waiting = { 'x-message-ttl': 200, 'x-dead-letter-exchange': 'retry' }
    const broker = await create({
      exchanges: {
        work: { type: 'topic' },
        delay: { type: 'topic' },
        retry: { type: 'topic' },
        dead: { type: 'topic' },
      },
      queues: {
        work: { options: { arguments: { 'x-dead-letter-exchange': 'dead' } } },
        wait: { options: { arguments: waiting } },
        dead: {},
      },
      bindings: ['work[a.#] -> work', 'delay[#] -> wait', 'retry[#.work.#] -> work', 'dead[#] -> dead'],
      publications: {
        work: { exchange: 'work', routingKey: 'a.b', ...JSON_TYPE },
        later: { exchange: 'delay', options: { CC: ['delay.short'] } },
      },
      subscriptions: { work: { queue: 'work' }, dead: { queue: 'dead' } },
    })
    const recovery = [
      { strategy: 'forward', attempts: 2, publication: 'later', options: { routingKey: 'x.work.y' } },
      { strategy: 'nack' },
    ]
    const times: number[] = []
    const work = await subscribe(broker, 'work', (ackOrNack) => {
      times.push(performance.now())
      ackOrNack(new Error('not yet'), recovery)
    })
    const dead = await subscribe(broker, 'dead')
    await publish(broker, 'work', { id: 2 })
    const { content } = await dead.next()
    assert.deepEqual(content, { id: 2 })
    assert.equal(work.all.length, 3)
    assert.ok(times[2]! - times[0]! >= 390, `two times 200 ms took ${times[2]! - times[0]!} ms`)
    // What a client publishes with the history of a death does not have it counted on.
    const deaths = work.all[2]!.message.properties.headers['x-death']
    assert.deepEqual(
      deaths.map(({ reason, count }: Any) => [reason, count]),
      [['expired', 1]],
    )
  })

  test('notices what is delivered too often', async () => {
    const broker = await create({
      queues: {
        jobs: { options: { arguments: { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': 'dead' } } },
      },
      publications: { job: { queue: 'jobs', ...JSON_TYPE } },
      subscriptions: { jobs: { queue: 'jobs', redeliveries: { limit: 3, counter: 'memory' } } },
      redeliveries: { counters: { memory: { size: 10, type: 'inMemory' } } },
    })
    const came = new Mailbox<Any>()
    const over = new Mailbox<Any>()
    const subscription = await broker.subscribe('jobs')
    subscription.on('error', () => {})
    subscription.on('message', (message: Any, _: Any, ackOrNack: Any) => {
      came.put(message)
      ackOrNack(new Error('no'), { strategy: 'nack', requeue: true, defer: 20 })
    })
    subscription.on('redeliveries_exceeded', (error: Any, message: Any, ackOrNack: Any) => {
      over.put({ error, message })
      ackOrNack(error, { strategy: 'ack' })
    })
    await publish(broker, 'job', { id: 3 }, { options: { messageId: fresh('job') } })
    const { message } = await over.next()
    assert.equal(message.fields.redelivered, true)
    assert.deepEqual(
      came.all.map(({ fields }) => fields.redelivered),
      [false, true, true, true],
    )
  })

  test('gives back to a quorum queue, which counts, and refuses in the end', async () => {
    const broker = await create({
      exchanges: { jobs: { type: 'direct' }, dead: { type: 'fanout' } },
      queues: {
        jobs: { options: { arguments: { 'x-queue-type': 'quorum', 'x-dead-letter-exchange': 'dead' } } },
        dead: {},
      },
      bindings: ['jobs[job] -> jobs', 'dead -> dead'],
      publications: { job: { exchange: 'jobs', routingKey: 'job' } },
      subscriptions: { jobs: { queue: 'jobs' }, dead: { queue: 'dead' } },
    })
    const jobs = await subscribe(broker, 'jobs', (ackOrNack, _, { fields, properties }) => {
      const requeue = !fields.redelivered || properties.headers['x-acquired-count'] < 2
      ackOrNack(new Error('no'), { strategy: 'nack', requeue })
    })
    const dead = await subscribe(broker, 'dead')
    await publish(broker, 'job', 'x')
    const { message } = await dead.next()
    assert.equal(message.properties.headers['x-death'][0].reason, 'rejected')
    assert.deepEqual(
      jobs.all.map(({ message: { properties } }) => properties.headers['x-acquired-count']),
      [undefined, 1, 2],
    )
  })

  test('shovels from a subscription to a publication', async () => {
    const broker = await create({
      exchanges: { to: { type: 'fanout' } },
      queues: { from: {}, there: {} },
      bindings: ['to -> there'],
      publications: { from: { queue: 'from' }, to: { exchange: 'to' } },
      subscriptions: { from: { queue: 'from' }, there: { queue: 'there' } },
      shovels: { x1: { subscription: 'from', publication: 'to' } },
    })
    const there = await subscribe(broker, 'there')
    for (let n = 0; n < 5; n++) await publish(broker, 'from', `m${n}`)
    assert.deepEqual(
      (await there.take(5)).map(({ content }) => content),
      ['m0', 'm1', 'm2', 'm3', 'm4'],
    )
  })

  test('tells of content that it cannot read', async () => {
    const broker = await create({
      queues: { jobs: {} },
      publications: { job: { queue: 'jobs' } },
      subscriptions: { jobs: { queue: 'jobs' } },
    })
    const bad = new Mailbox<Any>()
    const subscription = await broker.subscribe('jobs')
    subscription.on('error', () => {})
    subscription.on('message', () => assert.fail('it cannot be read'))
    subscription.on('invalid_content', (error: Any, _: Any, ackOrNack: Any) => {
      bad.put(error)
      ackOrNack()
    })
    await publish(broker, 'job', Buffer.from('{'), { options: { contentType: 'application/json' } })
    await bad.next()
  })
})
