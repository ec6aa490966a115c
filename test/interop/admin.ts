import { PROGRAM } from './broker-process.ts'
import { run } from './script.ts'

/** Definitions as RabbitMQ writes them. */
export interface Definitions {
  readonly [category: string]: unknown
}

/** Whoever may define things on a broker. */
export interface Admin {
  load(definitions: Definitions): Promise<void>
  export(): Promise<Definitions>
  deleteVHost(name: string): Promise<void>
  deleteUser(name: string): Promise<void>
  clearPermissions(user: string, vhost: string): Promise<void>
}

/** Ours, over the command line: of a broker that runs in the directory, or of the directory itself. */
export function commandLine(directory: string): Admin {
  const posthorn = async (args: string[], input = '') => {
    const { out, err, code } = await run(process.execPath, [PROGRAM, ...args, '--data', directory], { input })
    if (code !== 0) throw new Error(`posthorn ${args.join(' ')} ended with ${code}\n${err}`)
    return out
  }
  return {
    load: async (definitions) => {
      await posthorn(['definitions', 'import'], JSON.stringify(definitions))
    },
    export: async () => JSON.parse(await posthorn(['definitions', 'export'])) as Definitions,
    deleteVHost: async (name) => {
      await posthorn(['vhosts', 'delete', '--name', name])
    },
    deleteUser: async (name) => {
      await posthorn(['users', 'delete', '--name', name])
    },
    clearPermissions: async (user, vhost) => {
      await posthorn(['permissions', 'clear', '--user', user, '--vhost', vhost])
    },
  }
}

/** How far above its AMQP port a real RabbitMQ's management API listens. */
const MANAGEMENT = 10_000

/** A real RabbitMQ, over its management API. */
export function managementApi(host: string, amqpPort: number): Admin {
  const base = `http://${host}:${amqpPort + MANAGEMENT}/api`
  const headers = {
    authorization: `Basic ${Buffer.from('guest:guest').toString('base64')}`,
    'content-type': 'application/json',
  }
  const call = async (method: string, path: string, body?: unknown) => {
    const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) }
    const response = await fetch(base + path, init)
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return text
  }
  return {
    load: async (definitions) => {
      await call('POST', '/definitions', definitions)
    },
    export: async () => JSON.parse(await call('GET', '/definitions')) as Definitions,
    deleteVHost: async (name) => {
      await call('DELETE', `/vhosts/${encodeURIComponent(name)}`)
    },
    deleteUser: async (name) => {
      await call('DELETE', `/users/${encodeURIComponent(name)}`)
    },
    clearPermissions: async (user, vhost) => {
      await call('DELETE', `/permissions/${encodeURIComponent(vhost)}/${encodeURIComponent(user)}`)
    },
  }
}
