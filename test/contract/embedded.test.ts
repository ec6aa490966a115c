import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { json } from '../../src/sdk/contract/json.ts'
import { queue } from '../../src/sdk/queue.ts'
import { deadLettersOf } from '../../src/sdk/wire-names.ts'
import { EmbeddedRig } from './embedded-rig.ts'

const HOUR = 3_600_000
const NUMBER = { type: 'number' }
const TEXT = { type: 'string' }

describe('a contract on a queue of the SDK in the process of the broker', () => {
  let rig: EmbeddedRig

  before(async () => {
    rig = await EmbeddedRig.open()
  })

  after(() => rig.stop())

  /** A queue that takes whatever the broker lets in. */
  const held = async (name: string, schema: object) => {
    await rig.register(name, schema)
    const made = queue(name, { schema: json<unknown>(), retry: { attempts: 2, delay: '1h' } })
    await rig.bus.deadLetters(made).count()
    await rig.police(`^${name}$`, { schema: name })
    return made
  }

  it('makes what breaks it the sender’s error, with what is wrong, and nothing of it is stored', async () => {
    const orders = await held('sent', NUMBER)
    await rig.bus.send(orders, 1)
    await assert.rejects(rig.bus.send(orders, 'one'), {
      code: 'REFUSED',
      message: "queue 'sent' has a contract that the message breaks: it must be number",
    })
    assert.deepEqual(rig.counts('sent'), { checked: 2, warned: 0, refused: 1, buried: 0, dropped: 0 })
    const got: unknown[] = []
    const consumer = await rig.bus.consume(orders, (payload) => void got.push(payload))
    await rig.advance(0)
    assert.deepEqual(got, [1])
    await consumer.stop()
  })

  it('tells who sends a message for later at once', async () => {
    const orders = await held('sent-for-later', NUMBER)
    await assert.rejects(rig.bus.send(orders, 'one', { delay: '1h' }), { code: 'REFUSED', message: /must be number/ })
    await rig.bus.send(orders, 1, { delay: '1h' })
    await rig.advance(HOUR)
    assert.deepEqual(rig.counts('sent-for-later'), { checked: 3, warned: 0, refused: 1, buried: 0, dropped: 0 })
  })

  it('makes a dead letter, with the reason, of a message whose handler sends what breaks it', async () => {
    const orders = await held('sent-by-a-handler', NUMBER)
    const asked = queue('asked', { schema: json<string>(), retry: { attempts: 2, delay: '1h' } })
    let handled = 0
    const consumer = await rig.bus.consume(asked, async (text, { send }) => {
      handled++
      await send(orders, text)
    })
    await rig.bus.send(asked, 'one')
    await rig.advance(HOUR)
    const reasons: (string | undefined)[] = []
    for await (const letter of rig.bus.deadLetters(asked).list()) reasons.push(letter.failure?.message)
    assert.match(reasons[0] ?? '', /'sent-by-a-handler' has a contract that the message breaks/)
    assert.deepEqual([handled, reasons.length], [1, 1])
    assert.equal(await rig.bus.deadLetters(orders).count(), 0)
    await consumer.stop()
  })

  it('only warns where it was told to', async () => {
    const orders = await held('warned', NUMBER)
    await rig.police('^warned$', { schema: 'warned', 'schema-check': 'warn' })
    await rig.bus.send(orders, 'one')
    assert.deepEqual(rig.counts('warned'), { checked: 1, warned: 1, refused: 0, buried: 0, dropped: 0 })
  })

  it('keeps no message that was taken from its retry when it has become stricter, nor from the dead letters', async () => {
    const orders = await held('retried', NUMBER)
    await rig.police('^retried', { schema: 'retried' })
    const attempts: number[] = []
    await rig.bus.send(orders, 1)
    await rig.register('retried', TEXT)
    await rig.bus.consume(orders, (_, { attempt }) => {
      attempts.push(attempt)
      throw new Error('not today')
    })
    await rig.advance(2 * HOUR)
    assert.deepEqual(attempts, [1, 2])
    assert.equal(await rig.bus.deadLetters(orders).count(), 1)
    // The retry came to the queue again, and the dead letter to one with the same contract.
    assert.deepEqual(rig.counts('retried'), { checked: 2, warned: 1, refused: 0, buried: 0, dropped: 0 })
    assert.equal(rig.counts(deadLettersOf('retried')).checked, 0)
    await assert.rejects(rig.bus.deadLetters(orders).redrive(), { code: 'REFUSED', message: /must be string/ })
    assert.equal(await rig.bus.deadLetters(orders).count(), 1, 'what is refused stays where it was')
  })
})

describe('a contract of a queue behind an exchange that delays', () => {
  let rig: EmbeddedRig

  before(async () => {
    rig = await EmbeddedRig.open()
    await rig.register('later', NUMBER)
  })

  after(() => rig.stop())

  const DEAD = { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': 'dead' }

  /** Publishes to a queue through an exchange, with confirms, for an hour from now. */
  const sendLater = async (name: string, args: object, body: string) => {
    const channel = await (await rig.amqp()).createConfirmChannel()
    await channel.assertExchange('delays', 'x-delayed-message', { arguments: { 'x-delayed-type': 'direct' } })
    await channel.assertQueue('dead')
    await channel.assertQueue(name, { arguments: { 'x-schema': 'later', ...args } })
    await channel.bindQueue(name, 'delays', name)
    channel.publish('delays', name, Buffer.from(body), { headers: { 'x-delay': HOUR } })
    await channel.waitForConfirms()
    await rig.advance(HOUR)
    return channel
  }

  it('is asked when the message is due', async () => {
    const channel = await sendLater('due', {}, '1')
    assert.equal((await channel.checkQueue('due')).messageCount, 1)
    assert.deepEqual(rig.counts('due'), { checked: 1, warned: 0, refused: 0, buried: 0, dropped: 0 })
  })

  it('sends what breaks it to the dead letters', async () => {
    const channel = await sendLater('buried', DEAD, '"one"')
    assert.equal((await channel.checkQueue('buried')).messageCount, 0)
    const dead = await channel.get('dead', { noAck: true })
    assert.ok(dead !== false)
    assert.equal(dead.properties.headers?.['x-death']?.[0].reason, 'rejected')
    assert.deepEqual(rig.counts('buried'), { checked: 1, warned: 0, refused: 1, buried: 1, dropped: 0 })
  })

  it('warns of it where there are none: it was confirmed, and nobody could be told', async () => {
    const channel = await sendLater('taken', {}, '"one"')
    assert.equal((await channel.checkQueue('taken')).messageCount, 1)
    assert.deepEqual(rig.counts('taken'), { checked: 1, warned: 1, refused: 0, buried: 0, dropped: 0 })
  })

  it('drops it only where it says so', async () => {
    const channel = await sendLater('dropped', { ...DEAD, 'x-schema-refused': 'drop' }, '"one"')
    assert.equal((await channel.checkQueue('dropped')).messageCount, 0)
    assert.equal((await channel.checkQueue('dead')).messageCount, 0)
    assert.deepEqual(rig.counts('dropped'), { checked: 1, warned: 0, refused: 1, buried: 0, dropped: 1 })
  })

  it('does not wait where the exchange has one: its publisher hears at once', async () => {
    const channel = await (await rig.amqp()).createConfirmChannel()
    const args = { 'x-delayed-type': 'direct', 'x-schema': 'later' }
    await channel.assertExchange('strict-delays', 'x-delayed-message', { arguments: args })
    const sent = (body: string) =>
      new Promise<boolean>((resolve) => {
        const options = { headers: { 'x-delay': HOUR } }
        channel.publish('strict-delays', '', Buffer.from(body), options, (error) => resolve(error === null))
      })
    assert.deepEqual([await sent('1'), await sent('"one"')], [true, false])
  })
})

describe('a dead letter', () => {
  let rig: EmbeddedRig

  before(async () => {
    rig = await EmbeddedRig.open()
    await rig.register('graves', NUMBER)
  })

  after(() => rig.stop())

  it('is asked for no contract where it goes, whatever it died of', async () => {
    const channel = await (await rig.amqp()).createConfirmChannel()
    const contract = { 'x-schema': 'graves' }
    await channel.assertQueue('grave', { arguments: contract })
    const dead = { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': 'grave' }
    await channel.assertQueue('rejecting', { arguments: dead })
    await channel.assertQueue('expiring', { arguments: { ...dead, 'x-message-ttl': HOUR } })
    await channel.assertQueue('short', { arguments: { ...dead, 'x-max-length': 1 } })
    for (const name of ['rejecting', 'expiring', 'short', 'short']) channel.sendToQueue(name, Buffer.from('"text"'))
    await channel.waitForConfirms()
    const one = await channel.get('rejecting')
    assert.ok(one !== false)
    channel.nack(one, false, false)
    await rig.advance(HOUR)
    assert.equal((await channel.checkQueue('grave')).messageCount, 3)
    assert.equal(rig.counts('grave').checked, 0)
  })

  it('that a contract made of a message goes on from queue to queue as any other', async () => {
    const channel = await (await rig.amqp()).createChannel()
    await channel.assertQueue('second', { arguments: { 'x-schema': 'graves' } })
    const toSecond = { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': 'second', 'x-message-ttl': 60_000 }
    await channel.assertQueue('first', { arguments: toSecond })
    const toFirst = { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': 'first' }
    await channel.assertQueue('source', { arguments: { 'x-schema': 'graves', ...toFirst } })
    channel.sendToQueue('source', Buffer.from('"text"'))
    assert.equal((await channel.checkQueue('first')).messageCount, 1)
    await rig.advance(60_000)
    const last = await channel.get('second', { noAck: true })
    assert.ok(last !== false)
    const deaths = last.properties.headers?.['x-death'] as { queue: string; reason: string }[]
    assert.deepEqual(
      deaths.map(({ queue, reason }) => [queue, reason]),
      [
        ['first', 'expired'],
        ['source', 'rejected'],
      ],
    )
  })
})
