import { EMPTY_TABLE } from '../../src/wire/amqp/field.ts'
import { basic, channel, connection, exchange, queue } from '../../src/wire/amqp/methods.ts'
import type { Target } from './broker-for-test.ts'
import type { Permissions } from './operator.ts'
import { type Login, PROTOCOL, type RawClient } from './raw-client.ts'
import type { Case } from './reply-cases.ts'

/** The user of these cases, whose password is its name. */
const USER = 'capuser'
const LOGIN: Login = { response: `\0${USER}\0${USER}` }

const ALL = { configure: '.*', write: '.*', read: '.*' }

async function prepareUser({ operator }: Target, permissions: Permissions | null, limits = {}): Promise<void> {
  await operator.makeUser(USER, limits)
  if (permissions !== null) await operator.permit(USER, '/', permissions)
}

const DECLARE = { ticket: 0, passive: false, durable: false, exclusive: false, autoDelete: true, nowait: false }
const PERM = 'cap.perm'

/** What the guest has declared before. */
async function byGuest(client: RawClient, { host, port }: Target): Promise<void> {
  const guest = await client.beside(host, port)
  guest.send(1, queue.declare, { ...DECLARE, queue: PERM, arguments: EMPTY_TABLE })
  await guest.expect(queue.declareOk)
}

const refused = (
  name: string,
  less: Partial<Permissions>,
  run: (client: RawClient, target: Target) => void | Promise<void>,
): Case => ({
  name,
  login: LOGIN,
  prepare: (target) => prepareUser(target, { ...ALL, ...less }),
  async run(client, target) {
    await byGuest(client, target)
    await run(client, target)
  },
})

const declareQueue = (client: RawClient, name: string, passive = false) =>
  client.send(1, queue.declare, { ...DECLARE, passive, queue: name, arguments: EMPTY_TABLE })

const bindQueue = (client: RawClient, to: string, key: string) =>
  client.send(1, queue.bind, {
    ticket: 0,
    queue: PERM,
    exchange: to,
    routingKey: key,
    nowait: false,
    arguments: EMPTY_TABLE,
  })

const CONSUME = { ticket: 0, consumerTag: '', noLocal: false, noAck: false, exclusive: false, nowait: false }

const permissions: readonly Case[] = [
  refused('no configure permission: queue.declare', { configure: '' }, (client) => declareQueue(client, 'cap.perm2')),
  refused(
    'no configure permission: queue.declare passive (needs none)',
    { configure: '', write: '', read: '' },
    (client) => declareQueue(client, PERM, true),
  ),
  refused('no configure permission: exchange.declare', { configure: '' }, (client) =>
    client.send(1, exchange.declare, {
      ...DECLARE,
      exchange: 'cap.permx',
      type: 'direct',
      internal: false,
      arguments: EMPTY_TABLE,
    }),
  ),
  refused('no write permission: basic.publish', { write: '' }, (client) => client.publish(1, 'amq.direct', 'k')),
  refused('no write permission: basic.publish to default exchange', { write: '' }, (client) =>
    client.publish(1, '', PERM),
  ),
  refused('no read permission: basic.consume', { read: '' }, (client) =>
    client.send(1, basic.consume, { ...CONSUME, queue: PERM, arguments: EMPTY_TABLE }),
  ),
  refused('no read permission: basic.get', { read: '' }, (client) =>
    client.send(1, basic.get, { ticket: 0, queue: PERM, noAck: false }),
  ),
  refused('no read permission on the exchange: queue.bind', { read: '' }, (client) =>
    bindQueue(client, 'amq.direct', 'k'),
  ),
  refused('no write permission on the queue: queue.bind', { write: '' }, (client) =>
    bindQueue(client, 'amq.direct', 'k'),
  ),
  refused('no configure permission: queue.delete', { configure: '' }, (client) =>
    client.send(1, queue.delete, { ticket: 0, queue: PERM, ifUnused: false, ifEmpty: false, nowait: false }),
  ),
  refused('no read permission: queue.purge', { read: '' }, (client) =>
    client.send(1, queue.purge, { ticket: 0, queue: PERM, nowait: false }),
  ),
]

const topic = (name: string, run: (client: RawClient) => void): Case => {
  const base = refused(name, {}, run)
  return {
    ...base,
    async prepare(target) {
      await base.prepare?.(target)
      await target.operator.permitTopics(USER, '/', 'amq.topic', '^a', '^a')
    },
  }
}

const topics: readonly Case[] = [
  topic('no topic permission: basic.publish to amq.topic', (client) => client.publish(1, 'amq.topic', 'b.x')),
  topic('no topic permission: queue.bind on amq.topic', (client) => bindQueue(client, 'amq.topic', 'b.*')),
]

export async function openVHost(client: RawClient, login: Login, virtualHost: string): Promise<void> {
  client.raw(PROTOCOL)
  await client.expect(connection.start)
  client.startOk(login)
  client.send(0, connection.tuneOk, { ...(await client.expect(connection.tune)), heartbeat: 0 })
  client.send(0, connection.open, { virtualHost, capabilities: '', insist: false })
}

const limits: readonly Case[] = [
  {
    name: 'user limit max-channels 1: second channel.open',
    login: LOGIN,
    prepare: (target) => prepareUser(target, ALL, { 'max-channels': 1 }),
    run: (client) => client.send(2, channel.open, { outOfBand: '' }),
  },
  {
    name: 'user limit max-connections 1: second connection',
    login: false,
    probe: false,
    prepare: (target) => prepareUser(target, ALL, { 'max-connections': 1 }),
    async run(client, { host, port }) {
      await client.beside(host, port, LOGIN)
      await openVHost(client, LOGIN, '/')
    },
  },
]

const VHOST = 'capv'

/** The vhost is made anew, with that limit. */
async function prepareVHost({ operator }: Target, limit: Record<string, number>): Promise<void> {
  await operator.makeVHost(VHOST, limit)
  await operator.permit('guest', VHOST, ALL)
}

const vhosts: readonly Case[] = [
  {
    name: 'connection.open, vhost without permission',
    login: false,
    probe: false,
    async prepare(target) {
      await prepareVHost(target, {})
      await prepareUser(target, ALL)
    },
    run: (client) => openVHost(client, LOGIN, VHOST),
  },
  {
    name: 'vhost limit max-queues 1: second queue.declare',
    login: { virtualHost: VHOST },
    prepare: (target) => prepareVHost(target, { 'max-queues': 1 }),
    async run(client) {
      declareQueue(client, 'one')
      await client.expect(queue.declareOk)
      declareQueue(client, 'two')
    },
  },
  {
    name: 'vhost limit max-connections 1: second connection',
    login: false,
    probe: false,
    prepare: (target) => prepareVHost(target, { 'max-connections': 1 }),
    async run(client, { host, port }) {
      await client.beside(host, port, { virtualHost: VHOST })
      await openVHost(client, {}, VHOST)
    },
  },
]

export const ACCESS_CASES: readonly Case[] = [...permissions, ...topics, ...limits, ...vhosts]
