import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gather, ROOT, waitForEnd } from './broker-process.ts'

/** Where what scripts/install-clients.sh installs is. */
export const BUILD = join(ROOT, 'build')
export const PYTHON = join(BUILD, 'python/bin/python')
/** The scripts that start a real RabbitMQ and a real Kafka; Kafka's own tools come with the latter. */
export const PEERS = join(resolve(ROOT, process.env.POSTHORN_SHARED ?? '../shared'), 'peers')

/**
 * False if `component` is there. Otherwise, what to install: the tests that need it are left out for that reason, but where everything
 * must have been installed (`CI=true`) they fail.
 */
export function missing(component: string, install: string, there: boolean): string | false {
  if (there) return false
  const reason = `${component} is not there: ${install}`
  if (process.env.CI === 'true') throw new Error(reason)
  return reason
}

export function missingPython(): string | false {
  return missing('build/python', 'run scripts/install-clients.sh', existsSync(PYTHON))
}

/** What a program said and how it ended. */
export interface Ended {
  readonly out: string
  readonly err: string
  readonly code: number | string
}

/** Runs a program to its end, with `input` on its standard input. */
export async function run(
  program: string,
  args: string[],
  {
    input = '',
    timeoutMs = 60_000,
    env = {},
  }: { input?: string; timeoutMs?: number; env?: Record<string, string> } = {},
): Promise<Ended> {
  const child = spawn(program, args, { cwd: ROOT, env: { ...process.env, ...env } })
  const { out, err } = gather(child)
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const closed = new Promise((done) => child.once('close', done))
  const code = await waitForEnd(child, timeoutMs)
  await closed
  return { out: out.text(), err: err.text(), code }
}

/** Runs a program that has to end well; returns its output. */
export async function succeed(
  program: string,
  args: string[],
  options: Parameters<typeof run>[2] = {},
): Promise<string> {
  const { out, err, code } = await run(program, args, options)
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}\n${out}\n${err}`)
  return out
}
