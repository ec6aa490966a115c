import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { load, ROOT } from './load.ts'

/** `kafkas`: Kafka's through TLS and SCRAM-SHA-256. */
export type Protocol = 'amqp' | 'kafka' | 'kafkas'
/** Whose figures: `ours` syncs before it confirms, `ours-os` leaves that to the operating system, as Kafka does. */
export type Side = 'ours' | 'ours-os' | 'rabbitmq' | 'kafka'

/** Something to measure, which can be started again and again, empty each time unless `keep`. */
export interface Broker {
  readonly side: Side
  /** `secured`: with a listener for `kafkas`. */
  start(secured?: boolean): Promise<Running>
}

export interface Running {
  /** 0 when not known: then memory and CPU are not measured. */
  readonly pid: number
  /** From the process's start to the first answered request; null when it was running before. */
  readonly startMs: number | null
  address(protocol: Protocol): { readonly host: string; readonly port: number }
  stop(): Promise<void>
}

/** The folder with rabbitmq.sh and kafka.sh, null when there is none. */
export function peersFolder(): string | null {
  const told = process.env.POSTHORN_PEERS ?? '../shared/peers'
  const path = isAbsolute(told) ? told : join(ROOT, told)
  return existsSync(path) ? path : null
}

/** Ends when a connection on this machine was opened and a first request answered, or with `starting`'s error. */
export async function firstRoundTrip(
  protocol: 'amqp' | 'kafka',
  port: number,
  starting: Promise<unknown>,
): Promise<void> {
  const abort = new AbortController()
  const ping = load([protocol, 'ping', '--port', String(port), '--patience', '120'], abort.signal)
  ping.catch(() => {})
  try {
    await Promise.race([ping, starting.then(() => ping)])
  } finally {
    abort.abort()
  }
}

/** Runs a command to its end. @throws Error with what it printed when it fails. */
export function run(command: string, words: readonly string[], options: SpawnOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, words, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    let text = ''
    child.stdout?.on('data', (bytes) => (text += bytes))
    child.stderr?.on('data', (bytes) => (text += bytes))
    child.on('error', reject)
    // 'exit' and not 'close': a broker started by a script may keep the script's output open.
    child.on('exit', (code) => {
      if (code === 0) resolve(text)
      else reject(new Error(`${command} ${words.join(' ')} ended with ${code}: ${text.trim()}`))
    })
  })
}

export function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => child.once('exit', () => resolve()))
}

/** Resident memory in MB (10^6), null when the process is not known. */
export function residentMb(pid: number): number | null {
  if (pid === 0) return null
  const kib = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]
  return kib === undefined ? null : (Number(kib) * 1024) / 1e6
}

/** Bytes that a process has had written to the disk, null when it is not known. */
export function writtenBytes(pid: number): number | null {
  if (pid === 0) return null
  const bytes = /^wchar: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, 'latin1'))?.[1]
  return bytes === undefined ? null : Number(bytes)
}

export function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000))
}
