import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Authority } from '../test/certificates.ts'
import { type Broker, ended, firstRoundTrip, type Running } from './broker.ts'
import { ROOT } from './load.ts'
import type { BenchOptions } from './options.ts'

export interface Posthorn extends Running {
  /** Ends the process as a crash does; the data stay until `stop`. */
  kill(): Promise<void>
  /** After `kill`: starts again on the same data. Milliseconds to the first answered request. */
  restart(): Promise<number>
}

/** Ours. `durability` as in `posthorn serve --durability`. */
export function posthorn(
  options: BenchOptions,
  durability: 'fsync' | 'os',
): Broker & { start(secured?: boolean): Promise<Posthorn> } {
  const side = durability === 'fsync' ? 'ours' : 'ours-os'
  return { side, start: (secured) => start(options, durability, secured) }
}

export function entryFile(options: BenchOptions): string {
  if (options.entry !== null) return options.entry
  const found = ['dist/bin/posthorn.js', 'dist/src/cli/main.js'].map((path) => join(ROOT, path)).find(existsSync)
  if (found === undefined) throw new Error('ours is not built: npm run build')
  return found
}

async function start(options: BenchOptions, durability: string, secured = false): Promise<Posthorn> {
  const data = mkdtempSync(join(options.dir ?? tmpdir(), 'posthorn-bench-'))
  const ports = { amqp: options.port, kafka: options.port + 1, kafkas: options.port + 2 }
  const words = [entryFile(options), 'serve', '--data', data, '--durability', durability, '--log-level', 'warn']
  for (const name of ['amqp', 'kafka'] as const) words.push('--listen', `${name}://127.0.0.1:${ports[name]}`)
  const authority = secured ? new Authority() : null
  if (authority !== null) {
    const { certificate, key } = authority.sign('/CN=localhost')
    words.push('--listen', `kafkas://127.0.0.1:${ports.kafkas}?sasl=SCRAM-SHA-256`)
    words.push('--tls-certificate', certificate, '--tls-key', key)
  }

  const launch = async () => {
    const began = performance.now()
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'inherit'] })
    const died = ended(child).then(() => {
      throw new Error(`${words.join(' ')} ended with ${child.exitCode ?? child.signalCode}`)
    })
    died.catch(() => {})
    try {
      await firstRoundTrip('amqp', ports.amqp, died)
    } catch (error) {
      child.kill('SIGKILL')
      throw error
    }
    return { child, ms: performance.now() - began }
  }
  const finish = async (signal: NodeJS.Signals) => {
    now.child.kill(signal)
    const late = setTimeout(() => now.child.kill('SIGKILL'), 20_000)
    await ended(now.child)
    clearTimeout(late)
  }
  const remove = () => {
    rmSync(data, { recursive: true, force: true })
    authority?.remove()
  }
  let now = await launch().catch((error) => {
    remove()
    throw error
  })
  return {
    get pid() {
      return now.child.pid ?? 0
    },
    startMs: now.ms,
    address: (protocol) => ({ host: '127.0.0.1', port: ports[protocol] }),
    kill: () => finish('SIGKILL'),
    restart: async () => {
      now = await launch()
      return now.ms
    },
    stop: async () => {
      await finish('SIGTERM')
      remove()
    },
  }
}
