import { setPermissions, setTopicPermissions } from '../../src/broker/access/permission.ts'
import { deleteUser, setUser } from '../../src/broker/access/user.ts'
import type { Broker } from '../../src/broker/broker.ts'
import type { Done } from '../../src/broker/done.ts'
import { setParameter } from '../../src/broker/policy/parameter.ts'
import { setVHost } from '../../src/broker/vhost/create.ts'
import { deleteVHost } from '../../src/broker/vhost/delete.ts'
import { assert } from '../../src/std/assert.ts'

export interface Permissions {
  readonly configure: string
  readonly write: string
  readonly read: string
}

/** What an operator does before a case, on whichever broker it is. */
export interface Operator {
  /** Makes a user anew, with its name as its password. */
  makeUser(name: string, limits: Readonly<Record<string, number>>): Promise<void>
  permit(user: string, vhost: string, permissions: Permissions): Promise<void>
  permitTopics(user: string, vhost: string, exchange: string, write: string, read: string): Promise<void>
  /** Makes a vhost anew. */
  makeVHost(name: string, limits: Readonly<Record<string, number>>): Promise<void>
  /** Closes the connection that comes from a port of the client's. */
  closeConnection(localPort: number, reason: string | null): Promise<void>
}

/** What RabbitMQ's management API gives as the reason when nobody gives one. */
const NO_REASON = 'Closed via management plugin'

/** Of our own broker, in this process. */
export function operatorOf(broker: Broker): Operator {
  const well = (done: Done) => assert(done.ok, 'it is done')
  return {
    async makeUser(name, limits) {
      deleteUser(broker, name)
      well(setUser(broker, { name, password: name, limits }))
    },
    permit: async (user, vhost, permissions) => well(setPermissions(broker, user, vhost, permissions)),
    permitTopics: async (user, vhost, exchange, write, read) =>
      well(setTopicPermissions(broker, user, vhost, exchange, { write, read })),
    async makeVHost(name, limits) {
      deleteVHost(broker, name, () => {})
      well(setVHost(broker, { name }))
      well(setParameter(broker, name, 'vhost-limits', 'limits', limits))
    },
    async closeConnection(localPort, reason) {
      broker.connections.closeAll(({ name }) => name.includes(`:${localPort} `), reason ?? NO_REASON)
    },
  }
}

/** How far above its AMQP port a real RabbitMQ's management API listens. */
const MANAGEMENT = 10_000
const PATIENCE_MS = 8000

/** Of a real RabbitMQ, over its management API. */
export function managementOf(host: string, amqpPort: number): Operator {
  const authorization = `Basic ${Buffer.from('guest:guest').toString('base64')}`
  const call = async (method: string, path: string, body: unknown = null, headers: Record<string, string> = {}) => {
    const response = await fetch(`http://${host}:${amqpPort + MANAGEMENT}/api/${path}`, {
      method,
      headers: { authorization, 'content-type': 'application/json', ...headers },
      ...(body === null ? {} : { body: JSON.stringify(body) }),
    })
    return { ok: response.ok, text: await response.text() }
  }
  const well = async (...of: Parameters<typeof call>) => {
    const { ok, text } = await call(...of)
    if (!ok) throw new Error(`${of.slice(0, 2).join(' ')}: ${text}`)
    return text
  }
  return {
    async makeUser(name, limits) {
      await call('DELETE', `users/${name}`)
      await well('PUT', `users/${name}`, { password: name, tags: '' })
      for (const [limit, value] of Object.entries(limits)) await well('PUT', `user-limits/${name}/${limit}`, { value })
    },
    async permit(user, vhost, permissions) {
      await well('PUT', `permissions/${encodeURIComponent(vhost)}/${user}`, permissions)
    },
    async permitTopics(user, vhost, exchange, write, read) {
      await well('PUT', `topic-permissions/${encodeURIComponent(vhost)}/${user}`, { exchange, write, read })
    },
    async makeVHost(name, limits) {
      await call('DELETE', `vhosts/${name}`)
      await well('PUT', `vhosts/${name}`, {})
      for (const [limit, value] of Object.entries(limits)) await well('PUT', `vhost-limits/${name}/${limit}`, { value })
    },
    async closeConnection(localPort, reason) {
      const headers: Record<string, string> = reason === null ? {} : { 'x-reason': reason }
      const until = Date.now() + PATIENCE_MS
      for (;;) {
        // Connections are known there some seconds after they were opened.
        const all = JSON.parse(await well('GET', 'connections?columns=name')) as { name?: string }[]
        const one = all.find(({ name }) => name?.includes(`:${localPort} `))
        const path = `connections/${encodeURIComponent(one?.name ?? '')}`
        if (one !== undefined && (await call('DELETE', path, null, headers)).ok) return
        if (Date.now() > until) throw new Error(`no connection from port ${localPort} is known`)
      }
    },
  }
}
