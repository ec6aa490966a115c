import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { CompressionTypes, type Producer } from 'kafkajs'
import { ContractRig, framed } from './rig.ts'

const BY_VALUE = { 'confluent.value.schema.validation': 'true' }
const RECORD = { type: 'record', name: 'Order', namespace: 'shop', fields: [{ name: 'n', type: 'int' }] }
const OBJECT = { type: 'object', title: 'Note', properties: { a: { type: 'integer' } }, additionalProperties: false }

describe('a topic with a contract', () => {
  let rig: ContractRig
  let producer: Producer
  let avro = 0
  let other = 0
  let json = 0

  before(async () => {
    rig = await ContractRig.open()
    avro = await rig.register('orders-value', 'AVRO', RECORD)
    other = await rig.register('others-value', 'AVRO', { type: 'enum', name: 'E', symbols: ['A'] })
    json = await rig.register('notes-value', 'JSON', OBJECT)
    producer = rig.kafka.producer({ allowAutoTopicCreation: false })
    await producer.connect()
  })

  after(async () => {
    await producer.disconnect()
    await rig.stop()
  })

  const send = (topic: string, values: readonly (Buffer | string | null)[], more: object = {}) =>
    producer.send({ topic, messages: values.map((value) => ({ key: 'k', value })), ...more })

  const refused = (sent: Promise<unknown>) =>
    assert.rejects(sent, (error: { type?: string; message: string }) => error.type === 'INVALID_RECORD')

  const end = async (topic: string) => {
    const admin = rig.kafka.admin()
    await admin.connect()
    const [{ high }] = await admin.fetchTopicOffsets(topic)
    await admin.disconnect()
    return Number(high)
  }

  it('takes records with the id of a schema of its subject, and refuses a batch with any other', async () => {
    await rig.topic('orders', BY_VALUE)
    await send('orders', [framed(avro, [2]), null, framed(avro, 'not looked into')])
    await refused(send('orders', [framed(avro, [2]), 'plain', framed(avro, [4])]))
    await refused(send('orders', [framed(other, [0])]))
    await refused(send('orders', [framed(99_999, [0])]))
    await refused(send('orders', [Buffer.from([0, 0])]))
    await refused(send('orders', ['']))
    assert.equal(await end('orders'), 3, 'nothing of a refused batch is there')
    assert.deepEqual(rig.tally('topic orders'), { warned: 0, refused: 5, buried: 0, dropped: 0 })
  })

  it('looks into packed batches, and into large ones', async () => {
    await rig.topic('packed-orders', {
      ...BY_VALUE,
      'confluent.value.subject.name.strategy': NAME('RecordNameStrategy'),
    })
    const id = await rig.register('shop.Order', 'AVRO', RECORD)
    const gzip = { compression: CompressionTypes.GZIP }
    await send('packed-orders', [framed(id, [2])], gzip)
    await refused(send('packed-orders', [framed(other, [2])], gzip))
    const many = Array.from({ length: 400 }, () => framed(id, Buffer.alloc(2000)))
    await send('packed-orders', many)
    await refused(send('packed-orders', [...many, framed(other, [0])]))
    assert.equal(await end('packed-orders'), 401)
  })

  it('asks whether the data are of the schema, too, if that is what counts', async () => {
    await rig.topic('orders-looked-into', {
      ...BY_VALUE,
      'confluent.value.subject.name.strategy': NAME('TopicRecordNameStrategy'),
      'posthorn.schema.check.by': 'id-and-body',
    })
    const id = await rig.register('orders-looked-into-shop.Order', 'AVRO', RECORD)
    await send('orders-looked-into', [framed(id, [2]), framed(id, [0x80, 1])])
    await refused(send('orders-looked-into', [framed(id, [0x80])]))
    await refused(send('orders-looked-into', [framed(id, [2, 2])]))
    await rig.topic('notes', { ...BY_VALUE, 'posthorn.schema.check.by': 'id-and-body' })
    await send('notes', [framed(json, '{"a":1}')])
    await refused(send('notes', [framed(json, '{"a":"1"}')]))
    await refused(send('notes', [framed(json, '{')]))
  })

  it('asks whether a record without an id is data of its subject, if that is what counts', async () => {
    await rig.topic('plain-notes', { ...BY_VALUE, 'posthorn.schema.check.by': 'body' })
    await refused(send('plain-notes', ['{"a":1}']))
    await rig.register('plain-notes-value', 'JSON', OBJECT)
    await send('plain-notes', ['{"a":1}', '{}'])
    await refused(send('plain-notes', ['{"b":1}']))
  })

  it('looks at keys where that is asked for', async () => {
    await rig.topic('keyed', { 'confluent.key.schema.validation': 'true' })
    const id = await rig.register('keyed-key', 'AVRO', 'string')
    const keyed = (key: Buffer | null) => producer.send({ topic: 'keyed', messages: [{ key, value: 'any' }] })
    await keyed(framed(id, [2, 0x61]))
    await keyed(null)
    await refused(keyed(Buffer.from('plain')))
  })

  it('finds the id in a header, by number or by guid', async () => {
    await rig.topic('headed', BY_VALUE)
    const id = await rig.register('headed-value', 'AVRO', RECORD)
    const guid = rig.broker.subjects.registry.byId('.', id)!.guid.replaceAll('-', '')
    const headed = (header: Buffer) =>
      producer.send({
        topic: 'headed',
        messages: [{ value: 'data', headers: { other: 'x', __value_schema_id: header } }],
      })
    await headed(framed(id, ''))
    await headed(Buffer.concat([Buffer.from([1]), Buffer.from(guid, 'hex')]))
    await refused(headed(Buffer.concat([Buffer.from([1]), Buffer.alloc(16)])))
    await refused(headed(framed(other, '')))
  })

  it('takes what breaks it, counted, where it only warns; and does not look where it is off', async () => {
    await rig.topic('warned', { ...BY_VALUE, 'posthorn.schema.check': 'warn' })
    await send('warned', ['plain', framed(avro, [2])])
    assert.deepEqual(rig.tally('topic warned'), { warned: 2, refused: 0, buried: 0, dropped: 0 })
    await rig.topic('off', { ...BY_VALUE, 'posthorn.schema.check': 'off' })
    await send('off', ['plain'])
    assert.deepEqual(rig.tally('topic off'), { warned: 0, refused: 0, buried: 0, dropped: 0 })
  })

  it('has no settings but those that mean something', async () => {
    const wrong = { ...BY_VALUE, 'posthorn.schema.check': 'maybe' }
    await assert.rejects(rig.topic('wrong', wrong))
    await assert.rejects(rig.topic('wrong', { 'confluent.value.subject.name.strategy': 'TopicNameStrategy' }))
  })
})

const NAME = (strategy: string) => `io.confluent.kafka.serializers.subject.${strategy}`
