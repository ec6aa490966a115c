import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Channel, ConfirmChannel } from 'amqplib'
import { setPolicy } from '../../src/broker/policy/parameter.ts'
import { tx } from '../../src/wire/amqp/methods.ts'
import { RawClient } from '../amqp/raw-client.ts'
import { ContractRig, framed } from './rig.ts'

const NOTE = { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] }
const json = { contentType: 'application/json' }
const good = Buffer.from('{"a":1}')
const bad = Buffer.from('{"a":"1"}')

describe('a queue or an exchange with a contract', () => {
  let rig: ContractRig
  let channel: Channel
  let confirms: ConfirmChannel

  before(async () => {
    rig = await ContractRig.open()
    const connection = await rig.amqp()
    channel = await connection.createChannel()
    confirms = await connection.createConfirmChannel()
    await rig.register('note', 'JSON', NOTE)
  })

  after(() => rig.stop())

  const send = (queue: string, body: Buffer, options: object = json, exchange = '') =>
    new Promise<boolean>((resolve) =>
      confirms.publish(exchange, queue, body, options, (error) => resolve(error === null)),
    )

  const count = async (queue: string) => (await channel.checkQueue(queue)).messageCount

  it('takes bodies of its schema, and nacks any other', async () => {
    await channel.assertQueue('notes', { arguments: { 'x-schema': 'note' } })
    assert.equal(await send('notes', good), true)
    assert.equal(await send('notes', bad), false)
    assert.equal(await send('notes', Buffer.from('{')), false)
    assert.equal(await send('notes', good, { contentType: 'text/plain' }), false)
    assert.equal(await send('notes', good, {}), true, 'a content type is not needed')
    assert.equal(await send('notes', good, { contentType: 'application/vnd.shop.note+json; charset=utf-8' }), true)
    const large = Buffer.from(JSON.stringify({ a: 1, pad: 'x'.repeat(300_000) }))
    assert.equal(await send('notes', large), true, 'a body in several frames')
    assert.equal(await count('notes'), 4)
    assert.deepEqual(rig.tally('queue notes in /'), { warned: 0, refused: 3, buried: 0, dropped: 0 })
  })

  it('dead-letters what is refused of a publisher without confirms, or drops it with a count', async () => {
    await channel.assertQueue('dead-notes', {})
    const deadLetter = { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': 'dead-notes' }
    await channel.assertQueue('buried', { arguments: { 'x-schema': 'note', ...deadLetter } })
    channel.sendToQueue('buried', bad, json)
    channel.sendToQueue('buried', good, json)
    assert.equal(await count('buried'), 1)
    const dead = await channel.get('dead-notes', { noAck: true })
    assert.ok(dead !== false)
    assert.equal(dead.properties.headers?.['x-death']?.[0].reason, 'rejected')
    assert.deepEqual(rig.tally('queue buried in /'), { warned: 0, refused: 1, buried: 1, dropped: 0 })
    const args = { 'x-schema': 'note', 'x-schema-refused': 'drop', ...deadLetter }
    await channel.assertQueue('dropping', { arguments: args })
    channel.sendToQueue('dropping', bad, json)
    assert.equal(await count('dropping'), 0)
    assert.equal(await count('dead-notes'), 0)
    assert.deepEqual(rig.tally('queue dropping in /'), { warned: 0, refused: 1, buried: 0, dropped: 1 })
  })

  it('looks for the id of a schema of its subject, if that is what counts', async () => {
    const id = await rig.register('paid', 'AVRO', 'int')
    const other = await rig.register('unpaid', 'AVRO', 'string')
    await channel.assertQueue('by-id', { arguments: { 'x-schema': 'paid', 'x-schema-by': 'id' } })
    await channel.assertQueue('by-both', { arguments: { 'x-schema': 'paid', 'x-schema-by': 'id-and-body' } })
    for (const [body, byId, byBoth] of [
      [framed(id, [2]), true, true],
      [framed(id, [0x80]), true, false],
      [framed(other, [0]), false, false],
      [good, false, false],
    ] as const) {
      assert.equal(await send('by-id', body), byId)
      assert.equal(await send('by-both', body), byBoth)
    }
  })

  it('is asked at the exchange, too, before a message goes anywhere', async () => {
    await channel.assertExchange('checked', 'fanout', { arguments: { 'x-schema': 'note' } })
    for (const queue of ['one', 'two']) {
      await channel.assertQueue(queue)
      await channel.bindQueue(queue, 'checked', '')
    }
    assert.equal(await send('', good, json, 'checked'), true)
    assert.equal(await send('', bad, { ...json, mandatory: true }, 'checked'), false)
    channel.publish('checked', '', bad, json)
    assert.deepEqual([await count('one'), await count('two')], [1, 1])
    assert.deepEqual(rig.tally('exchange checked in /'), { warned: 0, refused: 2, buried: 0, dropped: 1 })
  })

  it('leaves out the queue that refuses a message, and nacks although another takes it', async () => {
    await channel.assertExchange('mixed', 'fanout')
    await channel.assertQueue('strict', { arguments: { 'x-schema': 'note' } })
    await channel.assertQueue('lax')
    await channel.bindQueue('strict', 'mixed', '')
    await channel.bindQueue('lax', 'mixed', '')
    assert.equal(await send('', bad, json, 'mixed'), false)
    assert.deepEqual([await count('strict'), await count('lax')], [0, 1])
  })

  it('comes and goes with a policy, while publishers go on', async () => {
    await channel.assertQueue('policed')
    assert.equal(await send('policed', bad), true)
    const set = (definition: Record<string, string>) =>
      new Promise<void>((resolve) => {
        const given = { pattern: '^policed$', definition, 'apply-to': 'queues' }
        assert.ok(setPolicy(rig.broker, '/', 'policy', 'contract', given, resolve).ok)
      })
    await set({ schema: 'note' })
    assert.equal(await send('policed', bad), false)
    await set({ schema: 'note', 'schema-check': 'warn' })
    assert.equal(await send('policed', bad), true)
    assert.equal(rig.tally('queue policed in /').warned, 1)
    await set({ schema: 'note', 'schema-check': 'off' })
    assert.equal(await send('policed', bad), true)
    assert.equal(rig.tally('queue policed in /').warned, 1)
  })

  it('follows its subject from version to version, unless it names one', async () => {
    await rig.register('moving', 'JSON', { type: 'integer' })
    await channel.assertQueue('newest', { arguments: { 'x-schema': 'moving' } })
    await channel.assertQueue('first', { arguments: { 'x-schema': 'moving', 'x-schema-version': 1 } })
    const half = Buffer.from('0.5')
    assert.deepEqual([await send('newest', half), await send('first', half)], [false, false])
    await rig.register('moving', 'JSON', { type: 'number' })
    assert.deepEqual([await send('newest', half), await send('first', half)], [true, false])
  })

  it('buries or drops what a transaction commits, as on a channel without confirms', async () => {
    await channel.assertQueue('in-tx', { arguments: { 'x-schema': 'note' } })
    const client = new RawClient('127.0.0.1', rig.amqpPort)
    await client.open()
    await client.openChannel(1)
    client.send(1, tx.select, {})
    await client.expect(tx.selectOk)
    client.publish(1, '', 'in-tx', json, bad.toString())
    client.publish(1, '', 'in-tx', json, good.toString())
    client.send(1, tx.commit, {})
    await client.expect(tx.commitOk)
    await client.close()
    assert.equal(await count('in-tx'), 1)
    assert.deepEqual(rig.tally('queue in-tx in /'), { warned: 0, refused: 1, buried: 0, dropped: 1 })
  })

  it('lets nothing through while its subject has no schema, or one that bodies can not be checked by', async () => {
    await channel.assertQueue('nothing', { arguments: { 'x-schema': 'nobody' } })
    assert.equal(await send('nothing', good), false)
    await rig.register('backward-looking', 'JSON', { type: 'string', pattern: '(?<=a)b' })
    await channel.assertQueue('unusable', { arguments: { 'x-schema': 'backward-looking' } })
    assert.equal(await send('unusable', Buffer.from('"ab"')), false)
  })

  it('is compared where a queue is declared again, and refused where it means nothing', async () => {
    const declare = async (queue: string, args: object) => {
      const once = await (await rig.amqp()).createChannel()
      once.on('error', () => {})
      await once.assertQueue(queue, { arguments: args })
    }
    await declare('notes', { 'x-schema': 'note' })
    await assert.rejects(declare('notes', { 'x-schema': 'other' }), /PRECONDITION_FAILED - inequivalent arg 'x-schema'/)
    await assert.rejects(declare('new', { 'x-schema': 'note', 'x-schema-check': 'maybe' }), /invalid_contract/)
    await assert.rejects(declare('new', { 'x-schema': 5 }), /invalid_contract/)
  })
})
