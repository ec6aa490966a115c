import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's root. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../../..')
export const PROGRAM = join(ROOT, 'dist/bin/posthorn.js')

const START_MS = 20_000
const STOP_MS = 15_000

/** A broker as its users run it: a process of its own, on free ports. */
export interface BrokerProcess {
  readonly pid: number
  readonly amqpPort: number
  readonly kafkaPort: number
  /** NaN unless an HTTP listener was asked for. */
  readonly httpPort: number
  readonly directory: string
  /** What it has logged so far. */
  log(): string
  /** Resolves when `pattern` is in the log. */
  logged(pattern: RegExp): Promise<void>
  /** Sends the signal and waits for the end; throws with the log if it had ended before, or does not end well. */
  stop(signal?: NodeJS.Signals): Promise<void>
}

export interface BrokerOptions {
  readonly args?: readonly string[]
  /** A temporary one, dropped at the end, unless given. */
  readonly directory?: string
  /** Free ones, unless given. */
  readonly ports?: { readonly amqp: number; readonly kafka: number }
}

export async function startBroker(options: BrokerOptions = {}): Promise<BrokerProcess> {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'posthorn-interop-'))
  const { amqp, kafka } = options.ports ?? { amqp: 0, kafka: 0 }
  const listen = ['--listen', `amqp://127.0.0.1:${amqp}`, '--listen', `kafka://127.0.0.1:${kafka}`]
  const args = [PROGRAM, 'serve', '--data', directory, ...listen, ...(options.args ?? [])]
  // What names a real broker to the tests is nothing to ours.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('POSTHORN_CONTROL_')))
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env })
  const said = gather(child)
  const banner = await said.out.until(/kafka:\/\/127\.0\.0\.1:\d+/, START_MS).catch((error: Error) => {
    child.kill('SIGKILL')
    throw new Error(`the broker did not start: ${error.message}\n${said.err.text()}`)
  })
  const drop = () => {
    if (options.directory === undefined) rmSync(directory, { recursive: true, force: true })
  }
  return {
    pid: child.pid as number,
    amqpPort: Number(/amqp:\/\/127\.0\.0\.1:(\d+)/.exec(banner)?.[1]),
    kafkaPort: Number(/kafka:\/\/127\.0\.0\.1:(\d+)/.exec(banner)?.[1]),
    httpPort: Number(/http:\/\/127\.0\.0\.1:(\d+)/.exec(banner)?.[1]),
    directory,
    log: () => said.err.text(),
    logged: async (pattern) => {
      await said.err.until(pattern, START_MS)
    },
    stop: async (signal = 'SIGTERM') => {
      const crashed = child.exitCode !== null || child.signalCode !== null
      child.kill(signal)
      const ended = await waitForEnd(child, STOP_MS)
      drop()
      const well = signal === 'SIGKILL' ? ended === 'SIGKILL' : ended === 0
      const whole = signal !== 'SIGTERM' || /"msg":"stopped"/.test(said.err.text())
      if (crashed || !well || !whole)
        throw new Error(`the broker ${crashed ? 'crashed' : 'ended badly'} (${ended})\n${said.err.text()}`)
    },
  }
}

/** What a process has written to one of its streams. */
export interface Said {
  text(): string
  /** Everything up to now, as soon as it matches; throws if the process ends or the time is up. */
  until(pattern: RegExp, timeoutMs: number): Promise<string>
}

export function gather(child: ChildProcess): { out: Said; err: Said } {
  return { out: listen(child, child.stdout), err: listen(child, child.stderr) }
}

function listen(child: ChildProcess, stream: NodeJS.ReadableStream | null): Said {
  let text = ''
  let look = () => {}
  let ended = false
  stream?.setEncoding('utf8')
  stream?.on('data', (chunk: string) => {
    text += chunk
    look()
  })
  child.once('close', () => {
    ended = true
    look()
  })
  const until = (pattern: RegExp, timeoutMs: number) =>
    new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${pattern} did not come within ${timeoutMs} ms`)), timeoutMs)
      look = () => {
        if (!ended && !pattern.test(text)) return
        clearTimeout(timer)
        look = () => {}
        if (pattern.test(text)) resolve(text)
        else reject(new Error(`the process ended before ${pattern} came`))
      }
      look()
    })
  return { text: () => text, until }
}

/** The exit code, or the signal's name; a process that does not end in time is killed, and that is what is told. */
export function waitForEnd(child: ChildProcess, timeoutMs: number): Promise<number | string> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve(child.exitCode ?? (child.signalCode as string))
      return
    }
    let late = false
    const timer = setTimeout(() => {
      late = true
      child.kill('SIGKILL')
    }, timeoutMs)
    child.once('exit', (code, signal) => {
      clearTimeout(timer)
      resolve(late ? `killed after ${timeoutMs} ms` : (code ?? (signal as string)))
    })
  })
}
