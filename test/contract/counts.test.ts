import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setPolicy } from '../../src/broker/policy/parameter.ts'
import { ContractRig, framed } from './rig.ts'

const NUMBER = { type: 'number' }

/** A row of `posthorn contracts list`. */
type Row = Readonly<Record<string, unknown>>

describe('posthorn contracts list', () => {
  let rig: ContractRig

  before(async () => {
    rig = await ContractRig.open()
    await rig.register('count', 'JSON', NUMBER)
  })

  after(() => rig.stop())

  const list = async (args: Record<string, string> = {}): Promise<readonly Row[]> => {
    const answer = await rig.ask('contracts list', args)
    assert.ok(answer.ok)
    return answer.result as unknown as readonly Row[]
  }

  const row = async (what: string, name: string) => {
    const found = (await list()).find((one) => one.what === what && one.name === name)
    assert.ok(found, `${what} ${name} is listed`)
    return found
  }

  it('tells what is held to what, and how many messages were looked at, warned of and refused, with the last reason', async () => {
    assert.deepEqual(await list(), [])
    const channel = await (await rig.amqp()).createConfirmChannel()
    const send = (exchange: string, key: string, body: string) =>
      new Promise<boolean>((resolve) =>
        channel.publish(exchange, key, Buffer.from(body), {}, (error) => resolve(error === null)),
      )
    await channel.assertQueue('strict', { arguments: { 'x-schema': 'count', 'x-schema-version': 1 } })
    await channel.assertQueue('lax', { arguments: { 'x-schema': 'count', 'x-schema-check': 'warn' } })
    await channel.assertExchange('gate', 'fanout', { arguments: { 'x-schema': 'count', 'x-schema-by': 'id' } })
    await channel.assertQueue('free')
    for (const body of ['1', '2', '"three"']) {
      await send('', 'strict', body)
      await send('', 'lax', body)
    }
    await send('gate', '', 'no id')
    const { last_at: at, ...strict } = await row('queue', 'strict')
    assert.ok(Math.abs(Date.now() - Date.parse(String(at))) < 60_000)
    assert.deepEqual(strict, {
      what: 'queue',
      vhost: '/',
      name: 'strict',
      check: 'reject',
      by: 'body',
      subject: 'count',
      version: 1,
      checked: 3,
      warned: 0,
      refused: 1,
      dead_lettered: 0,
      dropped: 0,
      last_reason: 'it must be number',
    })
    const lax = await row('queue', 'lax')
    assert.deepEqual([lax.check, lax.version, lax.checked, lax.warned, lax.refused], ['warn', 'newest', 3, 1, 0])
    const gate = await row('exchange', 'gate')
    assert.deepEqual([gate.by, gate.checked, gate.refused], ['id', 1, 1])
    assert.deepEqual(
      (await list({ vhost: '/' })).map(({ name }) => name),
      ['strict', 'lax', 'gate'],
    )
  })

  it('tells of topics under which subjects the schemas of their keys and values have to be', async () => {
    const id = await rig.register('numbers-value', 'AVRO', 'int')
    await rig.topic('numbers', {
      'confluent.key.schema.validation': 'true',
      'confluent.key.subject.name.strategy': 'io.confluent.kafka.serializers.subject.TopicRecordNameStrategy',
      'confluent.value.schema.validation': 'true',
      'posthorn.schema.check': 'warn',
    })
    const producer = rig.kafka.producer()
    await producer.connect()
    await producer.send({
      topic: 'numbers',
      messages: [{ value: framed(id, [2]) }, { value: 'plain' }, { value: null }],
    })
    await producer.disconnect()
    const { last_at: _, ...numbers } = await row('topic', 'numbers')
    assert.deepEqual(numbers, {
      what: 'topic',
      vhost: '',
      name: 'numbers',
      check: 'warn',
      by: 'id',
      subject: 'numbers-*,numbers-value',
      version: 'newest',
      checked: 3,
      warned: 1,
      refused: 0,
      dead_lettered: 0,
      dropped: 0,
      last_reason:
        'The value of the record breaks the contract of the topic: it begins with the byte 112 and not with the id of a schema',
    })
  })

  it('still has the counts of a contract that was taken away, and begins anew with a new queue', async () => {
    const channel = await (await rig.amqp()).createChannel()
    await channel.assertQueue('policed')
    const set = (definition: Record<string, string | number>) =>
      new Promise<void>((resolve) => {
        const given = { pattern: '^policed$', definition, 'apply-to': 'queues' }
        assert.ok(setPolicy(rig.broker, '/', 'policy', 'counted', given, resolve).ok)
      })
    await set({ schema: 'count' })
    channel.sendToQueue('policed', Buffer.from('no number'))
    await channel.checkQueue('policed')
    await set({ 'max-length': 5 })
    const before = await row('queue', 'policed')
    assert.deepEqual([before.check, before.subject, before.refused, before.dropped], ['off', '', 1, 1])
    await channel.deleteQueue('policed')
    await set({ schema: 'count' })
    await channel.assertQueue('policed')
    const anew = await row('queue', 'policed')
    assert.deepEqual([anew.check, anew.checked, anew.refused, anew.last_reason], ['reject', 0, 0, ''])
  })
})
