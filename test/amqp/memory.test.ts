import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EMPTY_TABLE } from '../../src/wire/amqp/field.ts'
import { basic, channel, confirm, connection, queue } from '../../src/wire/amqp/methods.ts'
import { openTarget, type Target } from './broker-for-test.ts'
import { RawClient } from './raw-client.ts'

const MIB = 2 ** 20

function declare(client: RawClient, name: string): void {
  const kind = { passive: false, durable: true, exclusive: false, autoDelete: false, nowait: false }
  client.send(1, queue.declare, { ticket: 0, queue: name, ...kind, arguments: EMPTY_TABLE })
}

async function withClient(
  memory: number,
  run: (client: RawClient, held: () => number, target: Target) => Promise<void>,
) {
  const target = await openTarget()
  if (target.broker === null) return
  const { memory: counted } = target.broker
  Object.assign(counted, { limit: memory })
  const client = new RawClient(target.host, target.port)
  await client.open()
  await client.openChannel(1)
  const held = () => {
    counted.sample()
    return counted.used
  }
  await run(client, held, target)
  // What is paused does not hear its client's goodbye.
  Object.assign(counted, { limit: 64 * MIB })
  counted.sample()
  await client.close()
  await target.stop()
}

/** Somebody who publishes is told that it has to wait. */
async function isBlocked(client: RawClient): Promise<void> {
  client.send(1, confirm.select, { nowait: false })
  await client.expect(confirm.selectOk)
  client.publish(1, '', 'q')
  const { reason } = await client.expect(connection.blocked)
  assert.equal(reason, 'low on memory')
}

test('channels count, block publishers, and are refused in the end', async () => {
  await withClient(2 * MIB, async (client, held, { host, port }) => {
    const publisher = await client.beside(host, port)
    const before = held()
    for (let n = 2; n <= 600; n++) await client.openChannel(n)
    assert.ok(held() - before > 600 * 2000)
    let next = 601
    while (held() < 2 * MIB) await client.openChannel(next++)
    await isBlocked(publisher)
    for (let n = next; n <= 2000; n++) {
      client.send(n, channel.open, { outOfBand: '' })
      const heard = await client.next()
      if (n % 10 === 0) held()
      if (heard.kind !== 'method' || heard.method !== connection.close) continue
      assert.equal(heard.args.replyText, 'RESOURCE_ERROR - too much memory is in use')
      assert.ok(held() < 3 * MIB)
      client.send(0, connection.closeOk, {})
      return
    }
    assert.fail('channels without end')
  })
})

test('what is unacked counts as long as it is', async () => {
  await withClient(64 * MIB, async (client, held) => {
    declare(client, 'q')
    await client.expect(queue.declareOk)
    for (let n = 0; n < 20_000; n++) client.publish(1, '', 'q', {}, '')
    const tag = { consumerTag: 'c', noLocal: false, noAck: false, exclusive: false, nowait: false }
    client.send(1, basic.consume, { ticket: 0, queue: 'q', ...tag, arguments: EMPTY_TABLE })
    const before = held()
    let delivered = 0
    while (delivered < 20_000) {
      const heard = await client.next()
      if (heard.kind === 'method' && heard.method === basic.deliver) delivered++
    }
    const during = held()
    assert.ok(during - before > 20_000 * 20, `${during - before} bytes for 20,000 deliveries`)
    client.send(1, channel.close, { replyCode: 200, replyText: '', classId: 0, methodId: 0 })
    while ((await client.next()).kind !== 'method');
    await client.openChannel(2)
    for (let n = 0; n < 100 && during - held() < 20_000 * 20; n++) await client.openChannel(3 + n)
    assert.ok(during - held() > 20_000 * 20, `${held()} of ${during} are held after the channel is closed`)
  })
})

test('idle queues count, and when memory is short declaring more waits', async () => {
  await withClient(2 * MIB, async (client, held, target) => {
    const before = held()
    for (let n = 0; n < 500; n++) declare(client, `q${n}`)
    for (let n = 0; n < 500; n++) await client.expect(queue.declareOk)
    assert.ok(held() - before > 500 * 2000)
    let declared = 500
    for (; held() < 2.5 * MIB; declared++) {
      declare(client, `q${declared}`)
      await client.expect(queue.declareOk)
    }
    declare(client, 'one more')
    const other = new RawClient(target.host, target.port)
    other.raw('AMQP\x00\x00\x09\x01')
    assert.equal((await other.next()).kind, 'end')
    Object.assign(target.broker!.memory, { limit: 64 * MIB })
    held()
    await client.expect(queue.declareOk)
  })
})
