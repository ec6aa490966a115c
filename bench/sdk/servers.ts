import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/** A server that the bench has started. */
export interface Server {
  readonly target: string
  /** Processor time so far, in microseconds, with what it has started. */
  cpu(): number
  stop(): Promise<void>
}

const START_MS = 15_000

/** Redis with its log of all writes: synced with each (`always`), or once a second. */
export async function startRedis(port: number, fsync: 'always' | 'everysec'): Promise<Server> {
  const directory = mkdtempSync(join(tmpdir(), 'posthorn-redis-'))
  const settings = { port, bind: '127.0.0.1', dir: directory, save: '', appendonly: 'yes', appendfsync: fsync }
  const words = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
  const child = spawn('redis-server', words, { stdio: 'ignore' })
  await listening(port)
  return { target: `127.0.0.1:${port}`, cpu: () => cpuOf(child.pid!), stop: () => end(child, 'SIGTERM', directory) }
}

/** PostgreSQL as it comes: fsync and synchronous_commit are on. It does not run as root: then as the user `postgres`. */
export async function startPostgres(port: number, bin: string): Promise<Server> {
  const directory = mkdtempSync(join(tmpdir(), 'posthorn-postgres-'))
  const ids = process.getuid?.() === 0 ? idsOf('postgres') : null
  if (ids !== null) chownSync(directory, ids.uid, ids.gid)
  const run = { stdio: 'ignore', cwd: directory, ...(ids ?? {}) } as const
  const data = join(directory, 'data')
  execFileSync(join(bin, 'initdb'), ['-D', data, '-U', 'bench', '--auth=trust', '-E', 'UTF8'], run)
  const child = spawn(join(bin, 'postgres'), ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-k', directory], run)
  await listening(port)
  // It says that it listens a little before it lets anybody in.
  await pause(1000)
  const target = `postgres://bench@127.0.0.1:${port}/postgres`
  return { target, cpu: () => cpuOf(child.pid!), stop: () => end(child, 'SIGINT', directory) }
}

/** Where PostgreSQL's programs are; null if it is not installed. */
export function findPostgres(): string | null {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : []
  const folders = [...versions.map((version) => join(debian, version, 'bin')), ...(process.env.PATH ?? '').split(':')]
  return folders.find((folder) => existsSync(join(folder, 'initdb'))) ?? null
}

export function hasRedis(): boolean {
  return (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, 'redis-server')))
}

function idsOf(user: string): { readonly uid: number; readonly gid: number } {
  const id = (flag: string) => Number(execFileSync('id', [flag, user], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

async function listening(port: number): Promise<void> {
  const until = Date.now() + START_MS
  for (;;) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false))
      socket.on('connect', () => socket.destroy())
    })
    if (open) return
    if (Date.now() > until) throw new Error(`nothing listens on port ${port} after ${START_MS} ms`)
    await pause(50)
  }
}

function end(child: ChildProcess, signal: NodeJS.Signals, directory: string): Promise<void> {
  return new Promise((resolve) => {
    child.on('exit', () => {
      rmSync(directory, { recursive: true, force: true })
      resolve()
    })
    child.kill(signal)
  })
}

/** Microseconds of a clock tick of /proc. */
const TICK_US = 10_000

function cpuOf(pid: number): number {
  let ticks = 0
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const fields = statOf(name)
    if (fields === null) continue
    // Fields 4 (parent) and 14 to 17: its own time, and that of those it has waited for.
    const [parent, own, waited] = [fields[1]!, fields[11]! + fields[12]!, fields[13]! + fields[14]!]
    if (Number(name) === pid) ticks += own + waited
    else if (parent === pid) ticks += own
  }
  return ticks * TICK_US
}

/** The fields behind the program's name; null if the process is gone. */
function statOf(name: string): readonly number[] | null {
  try {
    const text = readFileSync(`/proc/${name}/stat`, 'latin1')
    return text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
  } catch {
    return null
  }
}
