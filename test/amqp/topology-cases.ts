import { EMPTY_TABLE, type Field, type Table, tableOf } from '../../src/wire/amqp/field.ts'
import type { Fields, Method, ValuesOf } from '../../src/wire/amqp/method.ts'
import { basic, channel, confirm, exchange, queue } from '../../src/wire/amqp/methods.ts'
import type { RawClient } from './raw-client.ts'
import type { Case } from './reply-cases.ts'

/** Something that a client says; `heard` waits for the answer. */
interface Step {
  say(client: RawClient): void
  heard(client: RawClient): Promise<unknown>
}

function step<F extends Fields>(method: Method<F>, ok: Method<Fields>, args: ValuesOf<F>): Step {
  return { say: (client) => client.send(1, method, args), heard: (client) => client.expect(ok) }
}

interface Options {
  passive?: boolean
  durable?: boolean
  exclusive?: boolean
  autoDelete?: boolean
  nowait?: boolean
  arguments?: Table
}

const FLAGS = { ticket: 0, passive: false, durable: false, autoDelete: false, nowait: false, arguments: EMPTY_TABLE }

function declare(name: string, given: Options = {}): Step {
  return step(queue.declare, queue.declareOk, { ...FLAGS, exclusive: false, queue: name, ...given })
}

function declareExchange(name: string, given: Options & { type?: string; internal?: boolean } = {}): Step {
  const all = { ...FLAGS, internal: false, type: 'direct', exchange: name, ...given }
  return step(exchange.declare, exchange.declareOk, all)
}

const BINDING = { ticket: 0, routingKey: 'k', nowait: false, arguments: EMPTY_TABLE }

function bind(name: string, from: string, args: Table = EMPTY_TABLE): Step {
  return step(queue.bind, queue.bindOk, { ...BINDING, queue: name, exchange: from, arguments: args })
}

function unbind(name: string, from: string): Step {
  return step(queue.unbind, queue.unbindOk, { ...BINDING, queue: name, exchange: from })
}

function bindExchange(destination: string, source: string): Step {
  return step(exchange.bind, exchange.bindOk, { ...BINDING, destination, source })
}

function remove(name: string, given: { ifUnused?: boolean; ifEmpty?: boolean } = {}): Step {
  const all = { ticket: 0, queue: name, ifUnused: false, ifEmpty: false, nowait: false, ...given }
  return step(queue.delete, queue.deleteOk, all)
}

function removeExchange(name: string, ifUnused = false): Step {
  return step(exchange.delete, exchange.deleteOk, { ticket: 0, exchange: name, ifUnused, nowait: false })
}

function purge(name: string): Step {
  return step(queue.purge, queue.purgeOk, { ticket: 0, queue: name, nowait: false })
}

function consume(name: string, consumerTag = 't'): Step {
  const flags = { noLocal: false, noAck: true, exclusive: false, nowait: false, arguments: EMPTY_TABLE }
  return step(basic.consume, basic.consumeOk, { ticket: 0, queue: name, consumerTag, ...flags })
}

const PREFETCH = step(basic.qos, basic.qosOk, { prefetchSize: 0, prefetchCount: 5, global: true })

const EACH = step(basic.qos, basic.qosOk, { prefetchSize: 0, prefetchCount: 5, global: false })

const CONFIRM = step(confirm.select, confirm.selectOk, { nowait: false })

const confirmed = (of: Step): Step => ({ say: of.say, heard: (client) => client.expect(basic.ack) })

function publish(to: string, key: string): Step {
  return { say: (client) => client.publish(1, to, key), heard: async () => {} }
}

const args = (entries: Record<string, string | number | boolean | Field>): Options => ({ arguments: tableOf(entries) })

function quorum(more: Record<string, string | number | boolean | Field> = {}): Options {
  return { durable: true, ...args({ 'x-queue-type': 'quorum', ...more }) }
}

/** What cases leave behind on a broker that others use. */
const LEFT = [
  ...['cap.ineq', 'cap.bad', 'cap.nw', 'cap.q', 'cap.du', 'cap.de', 'cap.excl', 'cap.qd', 'cap.full', 'cap.st'].map(
    (name) => remove(name),
  ),
  ...['cap.xi', 'cap.x', 'cap.xu', 'cap.int'].map((name) => removeExchange(name)),
]

/** What is exclusive to the connection of the case before goes when its end is noticed: until then it is locked. */
async function clear(client: RawClient, each: Step): Promise<void> {
  for (let tries = 1; ; tries++) {
    each.say(client)
    try {
      await each.heard(client)
      return
    } catch (error) {
      if (tries === 500) throw error
      client.send(1, channel.closeOk, {})
      await client.openChannel(1)
    }
  }
}

/** Every step but the last is heard before the next; `beside` is what another connection says and hears before. */
function topology(name: string, steps: readonly Step[], beside: readonly Step[] = []): Case {
  return {
    name,
    async run(client, { host, port }) {
      const other = await client.beside(host, port)
      for (const each of LEFT) await clear(other, each)
      for (const each of beside) {
        each.say(other)
        await each.heard(other)
      }
      for (const each of steps.slice(0, -1)) {
        each.say(client)
        await each.heard(client)
      }
      steps.at(-1)!.say(client)
    },
  }
}

/** What a queue answers may come after what the channel answers to a later question: then nothing else is asked. */
const atLast = (one: Case): Case => ({ ...one, probe: false })

/** Declared twice, differently. */
const inequivalent = ([what, first, second]: readonly [string, Options, Options]): Case =>
  topology(`queue.declare inequivalent ${what}`, [declare('cap.ineq', first), declare('cap.ineq', second)])

const INEQUIVALENT = (
  [
    ['durable (true, then false)', { durable: true }, {}],
    ['auto_delete (false, then true)', {}, { autoDelete: true }],
    ['exclusive (false, then true)', {}, { exclusive: true }],
    ['exclusive (true, then false; same connection)', { exclusive: true }, {}],
    ['x-message-ttl (1000, then 2000)', args({ 'x-message-ttl': 1000 }), args({ 'x-message-ttl': 2000 })],
    ['x-message-ttl (1000, then absent)', args({ 'x-message-ttl': 1000 }), {}],
    ['x-message-ttl (absent, then 1000)', {}, args({ 'x-message-ttl': 1000 })],
    [
      'x-message-ttl (1000 as int32, then as int64: equivalent)',
      args({ 'x-message-ttl': 1000 }),
      args({ 'x-message-ttl': { type: 'l', value: 1000 } }),
    ],
    ['x-expires', args({ 'x-expires': 100_000 }), args({ 'x-expires': 200_000 })],
    ['x-max-length', args({ 'x-max-length': 10 }), args({ 'x-max-length': 20 })],
    ['x-max-length-bytes', args({ 'x-max-length-bytes': 10 }), args({ 'x-max-length-bytes': 20 })],
    ['x-dead-letter-exchange (absent, then a)', {}, args({ 'x-dead-letter-exchange': 'a' })],
    [
      'x-dead-letter-exchange (a, then b)',
      args({ 'x-dead-letter-exchange': 'a' }),
      args({ 'x-dead-letter-exchange': 'b' }),
    ],
    [
      'x-dead-letter-routing-key',
      args({ 'x-dead-letter-exchange': 'a', 'x-dead-letter-routing-key': 'k' }),
      args({ 'x-dead-letter-exchange': 'a', 'x-dead-letter-routing-key': 'l' }),
    ],
    ['x-max-priority (absent, then 10)', {}, args({ 'x-max-priority': 10 })],
    ['x-overflow', args({ 'x-overflow': 'drop-head' }), args({ 'x-overflow': 'reject-publish' })],
    ['x-queue-type (classic default, then quorum)', { durable: true }, quorum()],
    ['x-queue-type (quorum, then absent)', quorum(), { durable: true }],
    ['x-queue-type (quorum, then classic)', quorum(), { durable: true, ...args({ 'x-queue-type': 'classic' }) }],
    ['x-delivery-limit on quorum (5, then 6)', quorum({ 'x-delivery-limit': 5 }), quorum({ 'x-delivery-limit': 6 })],
    ['x-single-active-consumer (absent, then true)', {}, args({ 'x-single-active-consumer': true })],
    ['unknown argument x-foo (absent, then 1): ignored', {}, args({ 'x-foo': 1 })],
    [
      'type of value: x-max-length 10 (int), then "10" (string)',
      args({ 'x-max-length': 10 }),
      args({ 'x-max-length': '10' }),
    ],
  ] as const
).map(inequivalent)

/** `x-overflow = "bogus"`: the case's name says it all. */
const DECLARED = [
  'x-message-ttl = -1',
  'x-message-ttl = "abc"',
  'x-message-ttl = 1.5',
  'x-message-ttl = true',
  'x-message-ttl = 99999999999',
  'x-expires = 0',
  'x-expires = -1',
  'x-expires = "1000"',
  'x-expires = 99999999999',
  'x-max-length = -1',
  'x-max-length = "10"',
  'x-max-length-bytes = -1',
  'x-max-priority = -1',
  'x-max-priority = 0',
  'x-max-priority = 255',
  'x-max-priority = 256',
  'x-max-priority = "x"',
  'x-overflow = "bogus"',
  'x-overflow = "reject-publish-dlx"',
  'x-overflow = "drop-head"',
  'x-overflow = 5',
  'x-queue-type = "bogus"',
  'x-queue-type = 5',
  'x-queue-type = "QUORUM"',
  'x-queue-mode = "bogus"',
  'x-queue-mode = "lazy"',
  'x-queue-version = 1',
  'x-queue-version = 3',
  'x-dead-letter-exchange = 5',
  'x-single-active-consumer = "yes"',
  'x-queue-leader-locator = "bogus"',
  'x-consumer-timeout = -1',
].map((text) => {
  const [name, value] = text.split(' = ')
  return topology(`queue.declare ${text}`, [declare('cap.bad', args({ [name]: JSON.parse(value) }))])
})

const QUORUM: readonly Case[] = [
  ...[
    'x-overflow = "reject-publish-dlx"',
    'x-delivery-limit = -1',
    'x-max-priority = 5',
    'x-delayed-retry-type = "bogus"',
  ].map((text) => {
    const [name, value] = text.split(' = ')
    return topology(`queue.declare ${text} on quorum`, [declare('cap.bad', quorum({ [name]: JSON.parse(value) }))])
  }),
  topology('queue.declare quorum, durable=false', [declare('cap.bad', { ...quorum(), durable: false })]),
  topology('queue.declare quorum, exclusive', [declare('cap.bad', { ...quorum(), exclusive: true })]),
  topology('queue.declare quorum, auto-delete', [declare('cap.bad', { ...quorum(), autoDelete: true })]),
  topology('quorum: queue.delete if-unused', [declare('cap.qd', quorum()), remove('cap.qd', { ifUnused: true })]),
  topology('quorum: queue.delete if-empty', [declare('cap.qd', quorum()), remove('cap.qd', { ifEmpty: true })]),
  atLast(
    topology('quorum: basic.qos global then consume', [declare('cap.qd', quorum()), PREFETCH, consume('cap.qd', '')]),
  ),
  atLast(
    topology('confirm: queue full with overflow reject-publish', [
      declare('cap.full', { exclusive: true, ...args({ 'x-max-length': 1, 'x-overflow': 'reject-publish' }) }),
      CONFIRM,
      confirmed(publish('', 'cap.full')),
      publish('', 'cap.full'),
    ]),
  ),
]

const QUEUES: readonly Case[] = [
  topology('queue.declare passive, no such queue', [declare('cap.none', { passive: true })]),
  topology('queue.declare x-dead-letter-routing-key without x-dead-letter-exchange', [
    declare('cap.bad', args({ 'x-dead-letter-routing-key': 'k' })),
  ]),
  topology('queue.declare x-dead-letter-strategy = "at-least-once" on classic', [
    declare('cap.bad', args({ 'x-dead-letter-strategy': 'at-least-once' })),
  ]),
  topology('queue.declare x-delivery-limit = 3 on classic', [declare('cap.bad', args({ 'x-delivery-limit': 3 }))]),
  topology('queue.declare x-max-age on classic', [declare('cap.bad', args({ 'x-max-age': '7D' }))]),
  topology('queue.declare transient (durable=false), not exclusive', [declare('cap.bad')]),
  topology('queue.declare transient, exclusive', [declare('cap.bad', { exclusive: true })]),
  topology('queue.declare transient, auto-delete', [declare('cap.bad', { autoDelete: true })]),
  topology('queue.declare amq.* name', [declare('amq.mine')]),
  topology('queue.declare passive amq.* name that does not exist', [declare('amq.mine', { passive: true })]),
  topology('queue.declare empty name: server-named (shape)', [declare('', { exclusive: true })]),
  topology('queue.declare nowait with inequivalent argument', [
    declare('cap.nw'),
    declare('cap.nw', { nowait: true, ...args({ 'x-message-ttl': 5 }) }),
  ]),
  topology('queue.declare passive with empty name, none declared on this channel', [declare('', { passive: true })]),
  topology('queue.bind, no such queue', [bind('cap.none', 'amq.direct')]),
  topology('queue.bind, no such exchange', [declare('cap.q'), bind('cap.q', 'cap.none')]),
  topology('queue.bind, neither exists', [bind('cap.none1', 'cap.none2')]),
  topology('queue.bind to the default exchange', [declare('cap.q'), bind('cap.q', '')]),
  topology('queue.unbind from the default exchange', [declare('cap.q'), unbind('cap.q', '')]),
  topology('queue.unbind of a binding that is not there', [declare('cap.q'), unbind('cap.q', 'amq.direct')]),
  topology('queue.unbind, no such queue', [unbind('cap.none', 'amq.direct')]),
  topology('queue.unbind, no such exchange', [declare('cap.q'), unbind('cap.q', 'cap.none')]),
  topology('queue.bind headers exchange with x-match = "bogus"', [
    declare('cap.q'),
    bind('cap.q', 'amq.headers', tableOf({ 'x-match': 'bogus' })),
  ]),
  topology('queue.bind headers exchange with x-match = 5', [
    declare('cap.q'),
    bind('cap.q', 'amq.headers', tableOf({ 'x-match': 5 })),
  ]),
  topology('queue.bind with empty queue name, none declared on this channel', [bind('', 'amq.direct')]),
  topology('queue.delete, no such queue', [remove('cap.none')]),
  topology('queue.purge, no such queue', [purge('cap.none')]),
  topology('queue.delete if-unused, in use', [
    declare('cap.du'),
    consume('cap.du'),
    remove('cap.du', { ifUnused: true }),
  ]),
  topology('queue.delete if-empty, not empty', [
    declare('cap.de'),
    publish('', 'cap.de'),
    remove('cap.de', { ifEmpty: true }),
  ]),
]

const OWNED = [declare('cap.excl', { exclusive: true })]
const EXCLUSIVE: readonly Case[] = [
  topology("queue.declare of another connection's exclusive queue", OWNED, OWNED),
  topology(
    "queue.declare passive of another connection's exclusive queue",
    [declare('cap.excl', { passive: true })],
    OWNED,
  ),
  topology("queue.delete of another connection's exclusive queue", [remove('cap.excl')], OWNED),
  topology("queue.purge of another connection's exclusive queue", [purge('cap.excl')], OWNED),
  topology(
    "basic.publish to another connection's exclusive queue by default exchange (allowed)",
    [publish('', 'cap.excl')],
    OWNED,
  ),
  topology("queue.bind of another connection's exclusive queue", [bind('cap.excl', 'amq.direct')], OWNED),
]

const differentExchange = ([what, first, second]: readonly [string, object, object]): Case =>
  topology(`exchange.declare inequivalent ${what}`, [
    declareExchange('cap.xi', first),
    declareExchange('cap.xi', second),
  ])

const EXCHANGES: readonly Case[] = [
  ...(
    [
      ['type (direct, then fanout)', {}, { type: 'fanout' }],
      ['durable (true, then false)', { durable: true }, {}],
      ['auto_delete (false, then true)', {}, { autoDelete: true }],
      ['internal (false, then true)', {}, { internal: true }],
      ['alternate-exchange (absent, then a)', {}, args({ 'alternate-exchange': 'a' })],
      ['alternate-exchange (a, then b)', args({ 'alternate-exchange': 'a' }), args({ 'alternate-exchange': 'b' })],
    ] as const
  ).map(differentExchange),
  topology('exchange.declare passive, no such exchange', [declareExchange('cap.none', { passive: true })]),
  topology('exchange.declare unknown type', [declareExchange('cap.x', { type: 'bogus' })]),
  topology('exchange.declare amq.* name', [declareExchange('amq.mine')]),
  topology('exchange.declare default exchange', [declareExchange('')]),
  topology('exchange.declare passive default exchange', [declareExchange('', { passive: true })]),
  topology('exchange.declare alternate-exchange = 5', [declareExchange('cap.x', args({ 'alternate-exchange': 5 }))]),
  topology('exchange.delete default exchange', [removeExchange('')]),
  topology('exchange.delete amq.direct', [removeExchange('amq.direct')]),
  topology('exchange.delete, no such exchange', [removeExchange('cap.none')]),
  topology('exchange.delete if-unused, in use', [
    declareExchange('cap.xu'),
    declare('cap.q'),
    bind('cap.q', 'cap.xu'),
    removeExchange('cap.xu', true),
  ]),
  topology('exchange.bind, no such source', [bindExchange('amq.direct', 'cap.none')]),
  topology('exchange.bind, no such destination', [bindExchange('cap.none', 'amq.direct')]),
  topology('exchange.bind to the default exchange', [bindExchange('', 'amq.direct')]),
  topology('basic.publish to an internal exchange', [
    declareExchange('cap.int', { internal: true }),
    publish('cap.int', 'k'),
  ]),
]

const stream = (more: Record<string, string | number | boolean | Field> = {}): Options => ({
  durable: true,
  ...args({ 'x-queue-type': 'stream', ...more }),
})

function read(given: { noAck?: boolean; exclusive?: boolean; arguments?: Table } = {}): Step {
  const flags = { noLocal: false, noAck: false, exclusive: false, nowait: false, arguments: EMPTY_TABLE, ...given }
  return step(basic.consume, basic.consumeOk, { ticket: 0, queue: 'cap.st', consumerTag: '', ...flags })
}

const ofStream = (name: string, ...steps: Step[]): Case =>
  topology(`stream: ${name}`, [declare('cap.st', stream()), ...steps])

const STREAMS: readonly Case[] = [
  inequivalent([
    'x-queue-type (stream, then classic)',
    stream(),
    { durable: true, ...args({ 'x-queue-type': 'classic' }) },
  ]),
  topology('queue.declare stream, durable=false', [declare('cap.bad', { ...stream(), durable: false })]),
  topology('queue.declare stream, x-message-ttl', [declare('cap.bad', stream({ 'x-message-ttl': 1000 }))]),
  topology('queue.declare stream, x-max-age = "7D"', [declare('cap.bad', stream({ 'x-max-age': '7D' }))]),
  topology('queue.declare stream, x-max-age = "bogus"', [declare('cap.bad', stream({ 'x-max-age': 'bogus' }))]),
  ofStream('basic.consume without prefetch', read()),
  ofStream('basic.consume with no-ack', PREFETCH, read({ noAck: true })),
  ofStream(
    'basic.consume with bad x-stream-offset',
    EACH,
    read({ arguments: tableOf({ 'x-stream-offset': 'bogus' }) }),
  ),
  atLast(ofStream('basic.consume exclusive', EACH, read({ exclusive: true }))),
  ofStream('basic.get', step(basic.get, basic.getOk, { ticket: 0, queue: 'cap.st', noAck: true })),
  ofStream('queue.purge', purge('cap.st')),
]

/** Cases about queues, exchanges and bindings. */
export const TOPOLOGY_CASES: readonly Case[] = [
  ...INEQUIVALENT,
  ...DECLARED,
  ...QUORUM,
  ...STREAMS,
  ...QUEUES,
  ...EXCLUSIVE,
  ...EXCHANGES,
]
