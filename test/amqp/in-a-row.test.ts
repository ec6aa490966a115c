import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Table } from '../../src/wire/amqp/field.ts'
import { basic, queue } from '../../src/wire/amqp/methods.ts'
import { openTarget, type Target } from './broker-for-test.ts'
import { RawClient } from './raw-client.ts'

const NONE: Table = new Map()

let target: Target
const clients: RawClient[] = []

async function client(): Promise<RawClient> {
  const one = new RawClient(target.host, target.port)
  clients.push(one)
  await one.open()
  await one.openChannel(1)
  return one
}

async function declare(on: RawClient): Promise<string> {
  const settings = { passive: false, durable: false, exclusive: true, autoDelete: false, nowait: false }
  on.send(1, queue.declare, { ticket: 0, queue: '', ...settings, arguments: NONE })
  return (await on.expect(queue.declareOk)).queue
}

async function consume(on: RawClient, name: string, tag: string): Promise<void> {
  const settings = { ticket: 0, noLocal: false, exclusive: false, nowait: false, noAck: false }
  on.send(1, basic.consume, { ...settings, queue: name, consumerTag: tag, arguments: NONE })
  await on.expect(basic.consumeOk)
}

/** The names of the methods that come next; content is passed over. */
async function methods(on: RawClient, count: number): Promise<string[]> {
  const names: string[] = []
  while (names.length < count) {
    const heard = await on.next()
    if (heard.kind === 'method') names.push(heard.method.name)
  }
  return names
}

/** What a client sends without waiting for answers comes in one read, and has to mean what it means one by one. */
describe('what was published just before belongs to who consumes,', () => {
  before(async () => {
    target = await openTarget()
  })
  after(async () => {
    for (const one of clients) await one.close()
    await target.stop()
  })

  it('and not to a basic.get', async () => {
    const one = await client()
    const name = await declare(one)
    await consume(one, name, 't')
    one.publish(1, '', name)
    one.send(1, basic.get, { ticket: 0, queue: name, noAck: true })
    // RabbitMQ says it in either order.
    assert.deepEqual((await methods(one, 2)).sort(), ['basic.deliver', 'basic.get-empty'])
  })

  it('also if it leaves at once', async () => {
    const one = await client()
    const name = await declare(one)
    await consume(one, name, 't')
    one.publish(1, '', name)
    one.send(1, basic.cancel, { consumerTag: 't', nowait: false })
    assert.deepEqual(await methods(one, 2), ['basic.deliver', 'basic.cancel-ok'])
  })

  it('and not to who comes later', async () => {
    const one = await client()
    const name = await declare(one)
    await consume(one, name, 'first')
    for (let i = 0; i < 2; i++) one.publish(1, '', name)
    const settings = { ticket: 0, noLocal: false, exclusive: false, nowait: false, noAck: false }
    one.send(1, basic.consume, { ...settings, queue: name, consumerTag: 'second', arguments: NONE })
    assert.deepEqual(await methods(one, 3), ['basic.deliver', 'basic.deliver', 'basic.consume-ok'])
  })

  it('and is neither counted nor purged nor deleted as waiting', async () => {
    const one = await client()
    const name = await declare(one)
    await consume(one, name, 't')
    const passively = { passive: true, durable: false, exclusive: false, autoDelete: false, nowait: false }
    one.publish(1, '', name)
    one.send(1, queue.declare, { ticket: 0, queue: name, ...passively, arguments: NONE })
    one.publish(1, '', name)
    one.send(1, queue.purge, { ticket: 0, queue: name, nowait: false })
    one.publish(1, '', name)
    one.send(1, queue.delete, { ticket: 0, queue: name, ifUnused: false, ifEmpty: true, nowait: false })
    const answers: number[] = []
    while (answers.length < 3) {
      const heard = await one.next()
      if (heard.kind === 'method' && !heard.method.content && 'messageCount' in heard.args) {
        answers.push(Number(heard.args.messageCount))
      }
    }
    assert.deepEqual(answers, [0, 0, 0])
  })
})
