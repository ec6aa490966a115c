import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Broker } from '../../src/broker/broker.ts'
import { readConfig } from '../../src/server/config.ts'
import { openLog } from '../../src/server/log.ts'
import { start } from '../../src/server/start.ts'

/** What came back. */
export interface Reply {
  readonly status: number
  readonly type: string | null
  // biome-ignore lint/suspicious/noExplicitAny: what an answer holds is what the tests look at.
  readonly body: any
}

/** A registry of our own, in this process, behind a real port. */
export class RegistryRig {
  readonly url: string
  readonly broker: Broker
  private readonly end: () => Promise<void>

  private constructor(url: string, broker: Broker, end: () => Promise<void>) {
    this.url = url
    this.broker = broker
    this.end = end
  }

  /** With flags for TLS it is that. */
  static async open(options = '', tls: Readonly<Record<string, string>> = {}): Promise<RegistryRig> {
    const data = mkdtempSync(join(tmpdir(), 'posthorn-registry-'))
    const scheme = Object.keys(tls).length === 0 ? 'http' : 'https'
    const flags = { ...tls, data, 'log-level': 'error', 'journal-ring': '4MiB', 'journal-file': '4MiB' }
    const listen = [`${scheme}://127.0.0.1:0${options}`]
    const config = readConfig({ file: null, environment: {}, flags, listen, advertise: [] })
    let ended = () => {}
    const stopped = new Promise<void>((resolve) => {
      ended = resolve
    })
    const running = await start(config, openLog('error', 'json'), () => ended())
    // The broker's own timers don't keep a process alive.
    const alive = setInterval(() => {}, 2 ** 30)
    return new RegistryRig(`${scheme}://127.0.0.1:${running.listeners[0]!.port}`, running.broker, async () => {
      running.stop('the test is over')
      await stopped
      clearInterval(alive)
      rmSync(data, { recursive: true })
    })
  }

  stop(): Promise<void> {
    return this.end()
  }

  async request(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body)
    const response = await fetch(this.url + path, {
      method,
      headers: { ...(text === undefined ? {} : { 'content-type': TYPE }), ...NEW, ...headers },
      ...(text === undefined ? {} : { body: text }),
    })
    const told = await response.text()
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      body: told === '' ? null : JSON.parse(told),
    }
  }

  /** Registers an Avro schema, and tells its id. */
  async register(subject: string, schema: unknown, more: object = {}): Promise<number> {
    const body = { schema: JSON.stringify(schema), ...more }
    const { status, body: told } = await this.request('POST', `/subjects/${encodeURIComponent(subject)}/versions`, body)
    if (status !== 200) throw new Error(`${subject} was refused: ${JSON.stringify(told)}`)
    return told.id as number
  }
}

/** As Confluent's newer clients do. */
const NEW = { 'confluent-accept-unknown-properties': 'true' }

export const TYPE = 'application/vnd.schemaregistry.v1+json'

/** A record whose fields have defaults, so that any of these may follow any other. */
export function record(...fields: string[]): object {
  return {
    type: 'record',
    name: 'R',
    fields: fields.map((name) => ({ name, type: 'string', default: '' })),
  }
}
