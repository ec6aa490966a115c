import { setPermissions, setTopicPermissions } from '../../../src/broker/access/permission.ts'
import { setUser } from '../../../src/broker/access/user.ts'
import type { Broker } from '../../../src/broker/broker.ts'
import type { Done } from '../../../src/broker/done.ts'
import { clearPolicy, setPolicy } from '../../../src/broker/policy/parameter.ts'
import { setVHost } from '../../../src/broker/vhost/create.ts'
import { OPERATOR_POLICY, POLICY } from '../../../src/core/policy/parameters.ts'
import { assert } from '../../../src/std/assert.ts'
import type { Policy } from './command.ts'

/** What operators do on either side. */
export interface Admin {
  /** Makes the vhost that everything happens in, and its users. */
  prepare(): Promise<void>
  /** Takes it away again. */
  remove(): Promise<void>
  /** `done` when it is in force, or that it was refused. */
  setPolicy(policy: Policy): Promise<string>
  clearPolicy(name: string, operator: boolean): Promise<string>
}

/** Of this run alone: what it leaves at the predeclared exchanges is nobody else's. */
export const VHOST = `differential ${process.pid}`

const ALL = { configure: '.*', write: '.*', read: '.*' }
/** By the ends of the names that sequences use. */
const SOME = {
  configure: '-q[01]$|-x[01]$|^amq\\.mine$',
  write: '-q[02]$|-x[0]$|^amq\\.(default|topic)$',
  read: '-q[01]$|-x[01]$|^amq\\.topic$',
}
const SOME_TOPICS = { write: '^a', read: '^a' }
const TOPIC = 'amq.topic'

/** Ours, in this process. */
export function adminOf(broker: Broker): Admin {
  const told = ({ ok }: Done) => (ok ? 'done' : 'refused')
  const componentOf = (operator: boolean) => (operator ? OPERATOR_POLICY : POLICY)
  return {
    async prepare() {
      const all = [
        setVHost(broker, { name: VHOST }),
        setPermissions(broker, 'guest', VHOST, ALL),
        setUser(broker, { name: 'some', password: 'some' }),
        setPermissions(broker, 'some', VHOST, SOME),
        setTopicPermissions(broker, 'some', VHOST, TOPIC, SOME_TOPICS),
      ]
      assert(
        all.every(({ ok }) => ok),
        'the vhost and its users are made',
      )
    },
    async remove() {},
    setPolicy: ({ name, operator, pattern, definition, priority, applyTo }) =>
      new Promise((resolve) => {
        const given = { pattern, definition, priority, 'apply-to': applyTo }
        const done = setPolicy(broker, VHOST, componentOf(operator), name, given, () => resolve('done'))
        if (!done.ok) resolve(told(done))
      }),
    clearPolicy: (name, operator) =>
      new Promise((resolve) => {
        const done = clearPolicy(broker, VHOST, componentOf(operator), name, () => resolve('done'))
        if (!done.ok) resolve(told(done))
      }),
  }
}

/** How far above its AMQP port a real RabbitMQ's management API listens. */
const MANAGEMENT = 10_000

/** A real RabbitMQ, over its management API. */
export function managementOf(host: string, amqpPort: number): Admin {
  const headers = {
    authorization: `Basic ${Buffer.from('guest:guest').toString('base64')}`,
    'content-type': 'application/json',
  }
  const call = async (method: string, path: string, body: unknown = null) => {
    const init = body === null ? { method, headers } : { method, headers, body: JSON.stringify(body) }
    const response = await fetch(`http://${host}:${amqpPort + MANAGEMENT}/api/${path}`, init)
    await response.arrayBuffer()
    return response.ok ? 'done' : 'refused'
  }
  const vhost = encodeURIComponent(VHOST)
  const policyPath = (name: string, operator: boolean) =>
    `${operator ? 'operator-policies' : 'policies'}/${vhost}/${encodeURIComponent(name)}`
  return {
    async prepare() {
      const all = [
        await call('PUT', `vhosts/${vhost}`, {}),
        await call('PUT', `permissions/${vhost}/guest`, ALL),
        await call('PUT', 'users/some', { password: 'some', tags: '' }),
        await call('PUT', `permissions/${vhost}/some`, SOME),
        await call('PUT', `topic-permissions/${vhost}/some`, { exchange: TOPIC, ...SOME_TOPICS }),
      ]
      if (all.includes('refused')) throw new Error(`the real broker's vhost and users cannot be made: ${all}`)
    },
    async remove() {
      await call('DELETE', `vhosts/${vhost}`)
    },
    setPolicy: ({ name, operator, pattern, definition, priority, applyTo }) =>
      call('PUT', policyPath(name, operator), { pattern, definition, priority, 'apply-to': applyTo }),
    clearPolicy: (name, operator) => call('DELETE', policyPath(name, operator)),
  }
}
