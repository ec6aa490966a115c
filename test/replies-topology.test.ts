import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { EMPTY_TABLE, type Field, type Table, tableOf } from '../src/wire/amqp/field.ts'
import { basic, exchange, queue } from '../src/wire/amqp/methods.ts'
import { type AmqpServer, startAmqp } from './amqp-server.ts'
import { type Came, RawClient } from './raw-client.ts'
import { observe, recordedReplies } from './replies.ts'

/** What RabbitMQ has and Posthorn has not: quorum queues, streams and priorities. */
const NOT_BUILT = /quorum|stream|x-max-priority = 255/

let server: AmqpServer
let client: RawClient
/** Another connection. */
let other: RawClient

interface QueueOptions {
  passive?: boolean
  durable?: boolean
  exclusive?: boolean
  autoDelete?: boolean
  nowait?: boolean
  arguments?: Table
}

function declare(name: string, given: QueueOptions = {}, by = client): Promise<Came> {
  const flags = { passive: false, durable: false, exclusive: false, autoDelete: false, nowait: false }
  return by.call(1, queue.declare, { ticket: 0, queue: name, ...flags, arguments: EMPTY_TABLE, ...given })
}

function declareExchange(name: string, given: QueueOptions & { type?: string; internal?: boolean } = {}) {
  const flags = { passive: false, durable: false, autoDelete: false, internal: false, nowait: false }
  const rest = { type: 'direct', arguments: EMPTY_TABLE, ...given }
  return client.call(1, exchange.declare, { ticket: 0, exchange: name, ...flags, ...rest })
}

function bind(name: string, from: string, args: Table = EMPTY_TABLE, by = client, key = 'k'): Promise<Came> {
  const rest = { routingKey: key, nowait: false, arguments: args }
  return by.call(1, queue.bind, { ticket: 0, queue: name, exchange: from, ...rest })
}

function unbind(name: string, from: string): Promise<Came> {
  return client.call(1, queue.unbind, {
    ticket: 0,
    queue: name,
    exchange: from,
    routingKey: 'k',
    arguments: EMPTY_TABLE,
  })
}

function bindExchange(destination: string, source: string): Promise<Came> {
  const rest = { routingKey: 'k', nowait: false, arguments: EMPTY_TABLE }
  return client.call(1, exchange.bind, { ticket: 0, destination, source, ...rest })
}

function remove(name: string, given: { ifUnused?: boolean; ifEmpty?: boolean } = {}, by = client): Promise<Came> {
  return by.call(1, queue.delete, { ticket: 0, queue: name, ifUnused: false, ifEmpty: false, nowait: false, ...given })
}

function removeExchange(name: string, ifUnused = false): Promise<Came> {
  return client.call(1, exchange.delete, { ticket: 0, exchange: name, ifUnused, nowait: false })
}

function purge(name: string, by = client): Promise<Came> {
  return by.call(1, queue.purge, { ticket: 0, queue: name, nowait: false })
}

function consume(name: string, by = client): Promise<Came> {
  const flags = { noLocal: false, noAck: true, exclusive: false, nowait: false }
  return by.call(1, basic.consume, { ticket: 0, queue: name, consumerTag: 't', ...flags, arguments: EMPTY_TABLE })
}

function publish(to: string, key: string): void {
  client.send(1, basic.publish, { ticket: 0, exchange: to, routingKey: key, mandatory: false, immediate: false })
  client.sendContent(1, 'x')
}

type Value = string | number | boolean | Field

const args = (entries: Record<string, Value>): QueueOptions => ({ arguments: tableOf(entries) })

/** Declared twice: the part of the case's name behind "inequivalent", and both times' options. */
const TWICE: Readonly<Record<string, readonly [QueueOptions, QueueOptions]>> = {
  'durable (true, then false)': [{ durable: true }, {}],
  'auto_delete (false, then true)': [{}, { autoDelete: true }],
  'exclusive (false, then true)': [{}, { exclusive: true }],
  'exclusive (true, then false; same connection)': [{ exclusive: true }, {}],
  'x-message-ttl (1000, then 2000)': [args({ 'x-message-ttl': 1000 }), args({ 'x-message-ttl': 2000 })],
  'x-message-ttl (1000, then absent)': [args({ 'x-message-ttl': 1000 }), {}],
  'x-message-ttl (absent, then 1000)': [{}, args({ 'x-message-ttl': 1000 })],
  'x-message-ttl (1000 as int32, then as int64: equivalent)': [
    args({ 'x-message-ttl': 1000 }),
    args({ 'x-message-ttl': { type: 'l', value: 1000 } }),
  ],
  'x-expires': [args({ 'x-expires': 100_000 }), args({ 'x-expires': 200_000 })],
  'x-max-length': [args({ 'x-max-length': 10 }), args({ 'x-max-length': 20 })],
  'x-max-length-bytes': [args({ 'x-max-length-bytes': 10 }), args({ 'x-max-length-bytes': 20 })],
  'x-dead-letter-exchange (absent, then a)': [{}, args({ 'x-dead-letter-exchange': 'a' })],
  'x-dead-letter-exchange (a, then b)': [
    args({ 'x-dead-letter-exchange': 'a' }),
    args({ 'x-dead-letter-exchange': 'b' }),
  ],
  'x-dead-letter-routing-key': [
    args({ 'x-dead-letter-exchange': 'a', 'x-dead-letter-routing-key': 'k' }),
    args({ 'x-dead-letter-exchange': 'a', 'x-dead-letter-routing-key': 'l' }),
  ],
  'x-max-priority (absent, then 10)': [{}, args({ 'x-max-priority': 10 })],
  'x-overflow': [args({ 'x-overflow': 'drop-head' }), args({ 'x-overflow': 'reject-publish' })],
  'x-queue-type (classic default, then quorum)': [
    { durable: true },
    { durable: true, ...args({ 'x-queue-type': 'quorum' }) },
  ],
  'x-single-active-consumer (absent, then true)': [{}, args({ 'x-single-active-consumer': true })],
  'unknown argument x-foo (absent, then 1): ignored': [{}, args({ 'x-foo': 1 })],
  'type of value: x-max-length 10 (int), then "10" (string)': [
    args({ 'x-max-length': 10 }),
    args({ 'x-max-length': '10' }),
  ],
}

/** Declared once: the part of the case's name behind "queue.declare". Others are `x-argument = value`, read from the name. */
const ONCE: Readonly<Record<string, QueueOptions>> = {
  'x-dead-letter-routing-key without x-dead-letter-exchange': args({ 'x-dead-letter-routing-key': 'k' }),
  'x-dead-letter-strategy = "at-least-once" on classic': args({ 'x-dead-letter-strategy': 'at-least-once' }),
  'x-delivery-limit = 3 on classic': args({ 'x-delivery-limit': 3 }),
  'x-max-age on classic': args({ 'x-max-age': '7D' }),
  'transient (durable=false), not exclusive': {},
  'transient, exclusive': { exclusive: true },
  'transient, auto-delete': { autoDelete: true },
}

const EXCHANGE_TWICE: Readonly<Record<string, readonly [object, object]>> = {
  'type (direct, then fanout)': [{}, { type: 'fanout' }],
  'durable (true, then false)': [{ durable: true }, {}],
  'auto_delete (false, then true)': [{}, { autoDelete: true }],
  'internal (false, then true)': [{}, { internal: true }],
  'alternate-exchange (absent, then a)': [{}, args({ 'alternate-exchange': 'a' })],
  'alternate-exchange (a, then b)': [args({ 'alternate-exchange': 'a' }), args({ 'alternate-exchange': 'b' })],
}

const OTHERS: Readonly<Record<string, () => Promise<Came | undefined>>> = {
  'queue.declare passive, no such queue': () => declare('cap.none', { passive: true }),
  'queue.declare on channel 0': () => {
    const flags = { passive: true, durable: false, exclusive: false, autoDelete: false, nowait: false }
    return client.call(0, queue.declare, { ticket: 0, queue: 'cap.none', ...flags, arguments: EMPTY_TABLE })
  },
  'queue.declare amq.* name': () => declare('amq.mine'),
  'queue.declare passive amq.* name that does not exist': () => declare('amq.mine', { passive: true }),
  'queue.declare empty name: server-named (shape)': () => declare('', { exclusive: true }),
  'queue.declare nowait with inequivalent argument': async () => {
    await declare('cap.nw')
    return declare('cap.nw', { nowait: true, ...args({ 'x-message-ttl': 5 }) })
  },
  'queue.declare passive with empty name, none declared on this channel': () => declare('', { passive: true }),
  "queue.declare of another connection's exclusive queue": () => declare('cap.excl', { exclusive: true }, other),
  "queue.declare passive of another connection's exclusive queue": () => declare('cap.excl', { passive: true }, other),
  "basic.consume from another connection's exclusive queue": () => consume('cap.excl', other),
  "queue.delete of another connection's exclusive queue": () => remove('cap.excl', {}, other),
  "queue.purge of another connection's exclusive queue": () => purge('cap.excl', other),
  "queue.bind of another connection's exclusive queue": () => bind('cap.excl', 'amq.direct', EMPTY_TABLE, other),
  'exchange.declare passive, no such exchange': () => declareExchange('cap.none', { passive: true }),
  'exchange.declare unknown type': () => declareExchange('cap.x', { type: 'bogus' }),
  'exchange.declare type x-delayed-message without the plugin': () =>
    declareExchange('cap.x', { type: 'x-delayed-message' }),
  'exchange.declare amq.* name': () => declareExchange('amq.mine'),
  'exchange.declare default exchange': () => declareExchange(''),
  'exchange.declare passive default exchange': () => declareExchange('', { passive: true }),
  'exchange.declare alternate-exchange = 5': () => declareExchange('cap.x', args({ 'alternate-exchange': 5 })),
  'exchange.delete default exchange': () => removeExchange(''),
  'exchange.delete amq.direct': () => removeExchange('amq.direct'),
  'exchange.delete, no such exchange': () => removeExchange('cap.none'),
  'exchange.delete if-unused, in use': async () => {
    await declareExchange('cap.xu')
    await declare('cap.q')
    await bind('cap.q', 'cap.xu')
    return removeExchange('cap.xu', true)
  },
  'queue.bind, no such queue': () => bind('cap.none', 'amq.direct'),
  'queue.bind, no such exchange': async () => {
    await declare('cap.q')
    return bind('cap.q', 'cap.none')
  },
  'queue.bind, neither exists': () => bind('cap.none1', 'cap.none2'),
  'queue.bind to the default exchange': async () => {
    await declare('cap.q')
    return bind('cap.q', '')
  },
  'queue.unbind from the default exchange': async () => {
    await declare('cap.q')
    return unbind('cap.q', '')
  },
  'queue.unbind of a binding that is not there': async () => {
    await declare('cap.q')
    return unbind('cap.q', 'amq.direct')
  },
  'queue.unbind, no such queue': () => unbind('cap.none', 'amq.direct'),
  'queue.unbind, no such exchange': async () => {
    await declare('cap.q')
    return unbind('cap.q', 'cap.none')
  },
  'queue.bind headers exchange with x-match = "bogus"': async () => {
    await declare('cap.q')
    return bind('cap.q', 'amq.headers', tableOf({ 'x-match': 'bogus' }))
  },
  'queue.bind headers exchange with x-match = 5': async () => {
    await declare('cap.q')
    return bind('cap.q', 'amq.headers', tableOf({ 'x-match': 5 }))
  },
  'queue.bind with empty queue name, none declared on this channel': () => bind('', 'amq.direct'),
  'exchange.bind, no such source': () => bindExchange('amq.direct', 'cap.none'),
  'exchange.bind, no such destination': () => bindExchange('cap.none', 'amq.direct'),
  'exchange.bind to the default exchange': () => bindExchange('', 'amq.direct'),
  'queue.delete, no such queue': () => remove('cap.none'),
  'queue.purge, no such queue': () => purge('cap.none'),
  'queue.delete if-unused, in use': async () => {
    await declare('cap.du')
    await consume('cap.du')
    return remove('cap.du', { ifUnused: true })
  },
  'queue.delete if-empty, not empty': async () => {
    await declare('cap.de')
    publish('', 'cap.de')
    return remove('cap.de', { ifEmpty: true })
  },
  'queue deleted under a consumer: basic.cancel comes': async () => {
    await declare('cap.q')
    await consume('cap.q')
    await remove('cap.q', {}, other)
    return client.next('basic.cancel')
  },
  'basic.publish, no such exchange': async () => {
    publish('cap.none', 'k')
    return client.next('nothing')
  },
  'basic.publish to an internal exchange': async () => {
    await declareExchange('cap.int', { internal: true })
    publish('cap.int', 'k')
    return client.next('nothing')
  },
  "basic.publish to another connection's exclusive queue by default exchange (allowed)": async () => {
    publish('', 'cap.excl')
    await client.call(1, basic.qos, { prefetchSize: 0, prefetchCount: 0, global: false })
    return undefined
  },
  'direct reply-to: queue.declare passive amq.rabbitmq.reply-to': () =>
    declare('amq.rabbitmq.reply-to', { passive: true }),
}

/** Queues and exchanges that cases leave behind. */
const QUEUES = ['cap.ineq', 'cap.bad', 'cap.nw', 'cap.q', 'cap.du', 'cap.de', 'cap.excl']
const EXCHANGES = ['cap.xi', 'cap.x', 'cap.xu', 'cap.int']

function scriptOf(name: string): (() => Promise<Came | undefined>) | null {
  const other = OTHERS[name]
  if (other !== undefined) return other
  const [, verb, rest = ''] = /^(queue\.declare|exchange\.declare) (.*)$/.exec(name) ?? []
  if (verb === undefined) return null
  const [, what] = /^inequivalent (.*)$/.exec(rest) ?? []
  if (verb === 'exchange.declare') {
    const twice = what === undefined ? undefined : EXCHANGE_TWICE[what]
    if (twice === undefined) return null
    return async () => {
      await declareExchange('cap.xi', twice[0])
      return declareExchange('cap.xi', twice[1])
    }
  }
  if (what !== undefined) {
    const twice = TWICE[what]
    if (twice === undefined) return null
    return async () => {
      await declare('cap.ineq', twice[0])
      return declare('cap.ineq', twice[1])
    }
  }
  const once = ONCE[rest] ?? argumentIn(rest)
  return once === null ? null : () => declare('cap.bad', once)
}

/** `x-message-ttl = "abc"` */
function argumentIn(text: string): QueueOptions | null {
  const [, name, value] = /^(x-[a-z-]+) = (\S+)$/.exec(text) ?? []
  return name === undefined || value === undefined ? null : args({ [name]: JSON.parse(value) })
}

const replies = recordedReplies()

before(async () => {
  server = await startAmqp()
})

after(() => server.stop())

/** Runs a case on connections of its own, and leaves nothing behind. */
async function runCase(name: string, script: () => Promise<Came | undefined>) {
  client = await RawClient.open(server.port)
  other = await RawClient.open(server.port)
  const owner = name.startsWith('basic.publish') ? other : client
  try {
    if (name.includes("another connection's")) await declare('cap.excl', { exclusive: true }, owner)
    return await observe(name, script)
  } finally {
    client.close()
    other.close()
    const cleaner = await RawClient.open(server.port)
    for (const one of QUEUES) await remove(one, {}, cleaner)
    for (const one of EXCHANGES)
      await cleaner.call(1, exchange.delete, { ticket: 0, exchange: one, ifUnused: false, nowait: false })
    cleaner.close()
  }
}

const ours = [...(replies?.values() ?? [])].filter(
  (reply) => /^(queue|exchange)\./.test(reply.case) || OTHERS[reply.case] !== undefined,
)

test('the recorded replies are there', {
  skip: replies === null ? 'no specifications beside the repository' : false,
}, () => {
  assert.ok(ours.length > 100, `${ours.length} cases`)
})

for (const reply of ours) {
  const built =
    !NOT_BUILT.test(reply.case) || OTHERS[reply.case] !== undefined || TWICE[reply.case.slice(27)] !== undefined
  test(`as RabbitMQ: ${reply.case}`, { skip: built ? false : 'not built' }, async () => {
    const script = scriptOf(reply.case)
    assert.ok(script !== null, 'no script for this case')
    assert.deepEqual(await runCase(reply.case, script), reply)
  })
}
