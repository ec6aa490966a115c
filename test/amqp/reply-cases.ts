import { type Field, type Table, tableOf } from '../../src/wire/amqp/field.ts'
import { access, basic, channel, confirm, connection, queue, tx } from '../../src/wire/amqp/methods.ts'
import type { Properties } from '../../src/wire/amqp/properties.ts'
import type { Target } from './broker-for-test.ts'
import { describe, type Login, type RawClient } from './raw-client.ts'

/** A case of RabbitMQ's recorded answers, and how it comes about. */
export interface Case {
  readonly name: string
  /** How to log in; false: the case does it itself, and there is no channel 1. */
  readonly login?: Login | false
  /** Whether channel 1 is asked something at the end, to see that nothing else comes. */
  readonly probe?: false
  /** What has to be there before the log-in. */
  prepare?(target: Target): Promise<void>
  run(client: RawClient, target: Target): Promise<void> | void
}

const TRIES = 500
const NONE: Table = new Map()
const CONSUME = {
  ticket: 0,
  consumerTag: '',
  noLocal: false,
  noAck: false,
  exclusive: false,
  nowait: false,
  arguments: NONE,
}
const DECLARE = {
  ticket: 0,
  passive: false,
  durable: false,
  exclusive: false,
  autoDelete: true,
  nowait: false,
  arguments: NONE,
}

async function declare(client: RawClient, name: string, args: Table = NONE): Promise<void> {
  for (let tries = 1; ; tries++) {
    client.send(1, queue.declare, { ...DECLARE, queue: name, exclusive: true, arguments: args })
    const heard = await client.next()
    if (heard.kind === 'method' && heard.method.key === queue.declareOk.key) return
    // The one of the case before may still be there, and is another connection's.
    const locked = heard.kind === 'method' && heard.args.replyCode === 405
    if (!locked || tries === TRIES) throw new Error(`no declare-ok, but ${describe(heard)}`)
    client.send(1, channel.closeOk, {})
    await client.openChannel(1)
  }
}

async function consume(client: RawClient, name: string, more: Partial<typeof CONSUME>): Promise<void> {
  client.send(1, basic.consume, { ...CONSUME, queue: name, ...more })
  await client.expect(basic.consumeOk)
}

const publishes = (name: string, properties: Properties): Case => ({
  name,
  async run(client) {
    await declare(client, 'cap.pub')
    client.publish(1, '', 'cap.pub', properties)
  },
})

const text = (value: string): Field => ({ type: 'S', value })

const publish: readonly Case[] = [
  { name: 'basic.publish, no such exchange', run: (client) => client.publish(1, 'cap.none', 'k') },
  { name: 'basic.publish mandatory, unroutable: basic.return', run: (client) => client.publish(1, '', 'cap.nowhere') },
  {
    name: 'basic.publish immediate=true',
    run(client) {
      client.send(1, basic.publish, { ticket: 0, exchange: '', routingKey: 'k', mandatory: false, immediate: true })
      client.header(1, 0)
    },
  },
  publishes('basic.publish expiration = "abc"', { expiration: 'abc' }),
  publishes('basic.publish expiration = "-1"', { expiration: '-1' }),
  publishes('basic.publish expiration = "1.5"', { expiration: '1.5' }),
  publishes('basic.publish expiration = ""', { expiration: '' }),
  publishes('basic.publish expiration = "99999999999"', { expiration: '99999999999' }),
  publishes("basic.publish user-id other than the connection's user", { userId: 'mallory' }),
  publishes('basic.publish CC header not an array', { headers: tableOf({ CC: 'a' }) }),
  publishes('basic.publish BCC header not an array', { headers: tableOf({ BCC: 5 }) }),
  publishes('basic.publish CC header array of integers', {
    headers: tableOf({ CC: { type: 'A', value: [{ type: 'I', value: 1 }] } }),
  }),
  publishes('basic.publish priority 300 impossible; priority 255 to classic without x-max-priority (ok)', {
    priority: 255,
  }),
  {
    name: 'basic.publish body of 16 MiB + 1 byte',
    run(client) {
      client.send(1, basic.publish, { ticket: 0, exchange: '', routingKey: 'k', mandatory: false, immediate: false })
      client.header(1, 16 * 2 ** 20 + 1)
      const part = Buffer.alloc(131_064)
      for (let left = 16 * 2 ** 20 + 1; left > 0; left -= part.length) {
        client.frame(3, 1, part.subarray(0, Math.min(left, part.length)))
      }
    },
  },
]

const REPLY_TO = 'amq.rabbitmq.reply-to'
const replyTo: readonly Case[] = [
  {
    name: 'direct reply-to: basic.consume without no-ack',
    run: (client) => client.send(1, basic.consume, { ...CONSUME, queue: REPLY_TO }),
  },
  {
    name: 'direct reply-to: second basic.consume on one channel',
    async run(client) {
      await consume(client, REPLY_TO, { noAck: true })
      client.send(1, basic.consume, { ...CONSUME, queue: REPLY_TO, noAck: true })
    },
  },
  {
    name: 'direct reply-to: basic.publish with reply-to before basic.consume',
    run: (client) => client.publish(1, '', 'cap.rt', { replyTo: REPLY_TO }),
  },
  {
    name: 'direct reply-to: queue.declare passive amq.rabbitmq.reply-to',
    async run(client) {
      await consume(client, REPLY_TO, { noAck: true })
      client.send(1, queue.declare, { ...DECLARE, queue: REPLY_TO, passive: true })
    },
  },
]

/** Deliveries 1 to `count` on the channel. */
async function getSome(client: RawClient, count: number, noAck = false): Promise<void> {
  await declare(client, 'cap.ack')
  for (let i = 0; i < count; i++) {
    client.publish(1, '', 'cap.ack', {}, '')
    client.send(1, basic.get, { ticket: 0, queue: 'cap.ack', noAck })
    await client.expect(basic.getOk)
    await client.next()
  }
}

const settling = (name: string, count: number, settle: (client: RawClient) => void, noAck = false): Case => ({
  name,
  async run(client) {
    await getSome(client, count, noAck)
    settle(client)
  },
})

const ack = (client: RawClient, deliveryTag: number, multiple = false) =>
  client.send(1, basic.ack, { deliveryTag, multiple })

const settlement: readonly Case[] = [
  settling('basic.ack unknown delivery tag', 0, (client) => ack(client, 99)),
  settling('basic.nack unknown delivery tag', 0, (client) =>
    client.send(1, basic.nack, { deliveryTag: 99, multiple: false, requeue: true }),
  ),
  settling('basic.reject unknown delivery tag', 0, (client) =>
    client.send(1, basic.reject, { deliveryTag: 99, requeue: true }),
  ),
  settling('basic.ack tag 0 multiple with nothing unacked (ok)', 0, (client) => ack(client, 0, true)),
  settling('basic.ack tag 0 not multiple', 1, (client) => ack(client, 0)),
  settling('basic.ack multiple, tag above all given', 2, (client) => ack(client, 5, true)),
  settling('basic.ack twice', 1, (client) => {
    ack(client, 1)
    ack(client, 1)
  }),
  settling('basic.ack of a no-ack get', 1, (client) => ack(client, 1), true),
  settling('basic.recover requeue=false', 0, (client) => client.send(1, basic.recover, { requeue: false })),
  settling('basic.recover requeue=true', 1, (client) => client.send(1, basic.recover, { requeue: true })),
  settling('basic.recover-async requeue=true', 1, (client) => client.send(1, basic.recoverAsync, { requeue: true })),
]

const consuming: readonly Case[] = [
  {
    name: 'basic.consume, no such queue',
    run: (client) => client.send(1, basic.consume, { ...CONSUME, queue: 'cap.none' }),
  },
  {
    name: 'basic.get, no such queue',
    run: (client) => client.send(1, basic.get, { ticket: 0, queue: 'cap.none', noAck: true }),
  },
  {
    name: 'basic.get with empty queue name, none declared on this channel',
    run: (client) => client.send(1, basic.get, { ticket: 0, queue: '', noAck: true }),
  },
  {
    name: 'basic.get, empty queue',
    async run(client) {
      await declare(client, 'cap.get')
      client.send(1, basic.get, { ticket: 0, queue: 'cap.get', noAck: true })
    },
  },
  {
    name: 'basic.consume, duplicate consumer tag',
    async run(client) {
      await declare(client, 'cap.x0')
      await consume(client, 'cap.x0', { consumerTag: 't1' })
      client.send(1, basic.consume, { ...CONSUME, queue: 'cap.x0', consumerTag: 't1' })
    },
  },
  {
    name: 'basic.consume exclusive while another consumer is there',
    async run(client) {
      await declare(client, 'cap.x1')
      await consume(client, 'cap.x1', {})
      client.send(1, basic.consume, { ...CONSUME, queue: 'cap.x1', exclusive: true })
    },
  },
  {
    name: 'basic.consume while an exclusive consumer is there',
    async run(client) {
      await declare(client, 'cap.x2')
      await consume(client, 'cap.x2', { exclusive: true })
      client.send(1, basic.consume, { ...CONSUME, queue: 'cap.x2' })
    },
  },
  {
    name: 'basic.consume exclusive on a single-active-consumer queue',
    async run(client) {
      await declare(client, 'cap.x3', tableOf({ 'x-single-active-consumer': true }))
      client.send(1, basic.consume, { ...CONSUME, queue: 'cap.x3', exclusive: true })
    },
  },
  {
    name: 'basic.get on a single-active-consumer queue',
    async run(client) {
      await declare(client, 'cap.x4', tableOf({ 'x-single-active-consumer': true }))
      client.send(1, basic.get, { ticket: 0, queue: 'cap.x4', noAck: true })
    },
  },
  {
    name: 'basic.get while an exclusive consumer is there',
    async run(client) {
      await declare(client, 'cap.x5')
      await consume(client, 'cap.x5', { exclusive: true })
      client.send(1, basic.get, { ticket: 0, queue: 'cap.x5', noAck: true })
    },
  },
  {
    name: 'basic.consume with x-priority = "high"',
    async run(client) {
      await declare(client, 'cap.x6')
      client.send(1, basic.consume, { ...CONSUME, queue: 'cap.x6', arguments: new Map([['x-priority', text('high')]]) })
    },
  },
  {
    name: 'basic.consume with empty tag: server-generated (shape)',
    probe: false,
    async run(client) {
      await declare(client, 'cap.x7')
      client.send(1, basic.consume, { ...CONSUME, queue: 'cap.x7' })
    },
  },
  {
    name: 'basic.cancel of an unknown tag',
    run: (client) => client.send(1, basic.cancel, { consumerTag: 'nope', nowait: false }),
  },
  {
    name: 'queue deleted under a consumer: basic.cancel comes',
    probe: false,
    async run(client) {
      await declare(client, 'cap.del')
      await consume(client, 'cap.del', { consumerTag: 't' })
      client.send(1, queue.delete, { ticket: 0, queue: 'cap.del', ifUnused: false, ifEmpty: false, nowait: true })
    },
  },
  ...['consume', 'get'].map(
    (verb): Case => ({
      name: `basic.${verb} from another connection's exclusive queue`,
      async run(client, target) {
        const other = await client.beside(target.host, target.port)
        await declare(other, 'cap.excl')
        if (verb === 'get') client.send(1, basic.get, { ticket: 0, queue: 'cap.excl', noAck: true })
        else client.send(1, basic.consume, { ...CONSUME, queue: 'cap.excl' })
      },
    }),
  ),
]

const modes: readonly Case[] = [
  {
    name: 'basic.qos prefetch-size = 1',
    run: (client) => client.send(1, basic.qos, { prefetchSize: 1, prefetchCount: 0, global: false }),
  },
  {
    name: 'basic.qos global = true',
    probe: false,
    run: (client) => client.send(1, basic.qos, { prefetchSize: 0, prefetchCount: 1, global: true }),
  },
  { name: 'channel.flow active=false', run: (client) => client.send(1, channel.flow, { active: false }) },
  { name: 'channel.flow active=true', run: (client) => client.send(1, channel.flow, { active: true }) },
  {
    name: 'access.request',
    run: (client) =>
      client.send(1, access.request, {
        realm: '/data',
        exclusive: false,
        passive: true,
        active: true,
        write: true,
        read: true,
      }),
  },
  { name: 'tx.commit on a channel without tx', run: (client) => client.send(1, tx.commit, {}) },
  { name: 'tx.rollback on a channel without tx', run: (client) => client.send(1, tx.rollback, {}) },
  {
    name: 'confirm.select on a tx channel',
    run(client) {
      client.send(1, tx.select, {})
      client.send(1, confirm.select, { nowait: false })
    },
  },
  {
    name: 'tx.select on a confirm channel',
    run(client) {
      client.send(1, confirm.select, { nowait: false })
      client.send(1, tx.select, {})
    },
  },
  {
    name: 'confirm.select twice (ok)',
    run(client) {
      client.send(1, confirm.select, { nowait: true })
      client.send(1, confirm.select, { nowait: false })
    },
  },
  {
    name: 'tx: ack of unknown delivery tag',
    run(client) {
      client.send(1, tx.select, {})
      ack(client, 7)
    },
  },
]

const PASSIVE = { ...DECLARE, queue: 'cap.none', passive: true }

const channels: readonly Case[] = [
  { name: 'channel.open twice on one number', run: (client) => client.send(1, channel.open, { outOfBand: '' }) },
  { name: 'method on a channel not open', probe: false, run: (client) => client.send(2, queue.declare, PASSIVE) },
  {
    name: 'channel.open with number 2048 (channel-max 2047 negotiated)',
    run: (client) => client.send(2048, channel.open, { outOfBand: '' }),
  },
  {
    name: 'second connection.open',
    run: (client) => client.send(0, connection.open, { virtualHost: '/', capabilities: '', insist: false }),
  },
  { name: 'queue.declare on channel 0', run: (client) => client.send(0, queue.declare, PASSIVE) },
  { name: 'channel.open on channel 0', run: (client) => client.send(0, channel.open, { outOfBand: '' }) },
  { name: 'channel.close-ok without a close', run: (client) => client.send(1, channel.closeOk, {}) },
  {
    name: 'third channel.open after channel-max 2 negotiated (the count is limited, not the number)',
    login: { tune: { channelMax: 2, frameMax: 131_072, heartbeat: 0 } },
    run(client) {
      client.send(2, channel.open, { outOfBand: '' })
      client.send(3, channel.open, { outOfBand: '' })
    },
  },
]

const key = (classId: number, methodId: number, ...rest: number[]) =>
  new Uint8Array([classId >> 8, classId & 255, methodId >> 8, methodId & 255, ...rest])

function beginPublish(client: RawClient): void {
  client.send(1, basic.publish, { ticket: 0, exchange: '', routingKey: 'k', mandatory: false, immediate: false })
}

const frames: readonly Case[] = [
  { name: 'frame-end byte wrong', run: (client) => client.frame(1, 1, key(20, 40), 0xcf) },
  { name: 'frame type 9', run: (client) => client.frame(9, 1, Buffer.from('abc')) },
  { name: 'frame payload longer than frame-max', run: (client) => client.frame(1, 1, new Uint8Array(131_172)) },
  { name: 'body frame with no content expected', run: (client) => client.frame(3, 1, Buffer.from('abc')) },
  { name: 'header frame with no content expected', run: (client) => client.header(1, 0) },
  {
    name: 'method frame where a content header is expected',
    run(client) {
      beginPublish(client)
      client.send(1, queue.declare, PASSIVE)
    },
  },
  {
    name: 'method frame where a content body is expected',
    run(client) {
      beginPublish(client)
      client.header(1, 10)
      client.send(1, queue.declare, PASSIVE)
    },
  },
  {
    name: 'content header with the class id of queue',
    run(client) {
      beginPublish(client)
      client.header(1, 0, {}, 50)
    },
  },
  {
    name: 'content body longer than announced',
    run(client) {
      beginPublish(client)
      client.header(1, 2)
      client.frame(3, 1, Buffer.from('abcd'))
    },
  },
  { name: 'unknown method 60.255', run: (client) => client.frame(1, 1, key(60, 255)) },
  { name: 'unknown class 999', run: (client) => client.frame(1, 1, key(999, 10)) },
  {
    name: 'a server-to-client method (queue.declare-ok) from the client',
    run: (client) => client.send(1, queue.declareOk, { queue: 'q', messageCount: 0, consumerCount: 0 }),
  },
  {
    name: 'method arguments cut short',
    run: (client) => client.frame(1, 1, key(50, 10, 0, 0, 20, 115, 104, 111, 114, 116)),
  },
  {
    name: 'table with a bad type tag',
    run: (client) => client.frame(1, 1, key(50, 10, 0, 0, 1, 113, 0, 0, 0, 0, 4, 1, 97, 63, 0)),
  },
  { name: 'heartbeat frame with a payload', run: (client) => client.frame(8, 0, Buffer.from('x')) },
  { name: 'heartbeat frame on channel 1', run: (client) => client.frame(8, 1, new Uint8Array(0)) },
]

export const CASES: readonly Case[] = [
  ...publish,
  ...replyTo,
  ...settlement,
  ...consuming,
  ...modes,
  ...channels,
  ...frames,
]
