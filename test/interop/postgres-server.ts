import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { missing } from './script.ts'

const run = promisify(execFile)
/** Where Debian has the server's programs. */
const VERSIONS = '/usr/lib/postgresql'
const newest = existsSync(VERSIONS) ? readdirSync(VERSIONS).sort((a, b) => Number(b) - Number(a))[0] : undefined
const PROGRAMS = join(VERSIONS, newest ?? 'none', 'bin')

export function missingPostgres(): string | false {
  return missing('PostgreSQL', 'run scripts/install-clients.sh', existsSync(join(PROGRAMS, 'initdb')))
}

/** A PostgreSQL server of its own, behind a socket in its directory: no port. */
export class PostgresServer {
  readonly directory = mkdtempSync(join(tmpdir(), 'posthorn-postgres-'))
  private process: ChildProcess | null = null
  private databases = 0

  async start(): Promise<void> {
    const user = await userOf(this.directory)
    const data = join(this.directory, 'data')
    await run(join(PROGRAMS, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '-N'], user)
    const args = ['-D', data, '-k', this.directory, '-c', 'listen_addresses=', '-c', 'fsync=off']
    const server = spawn(join(PROGRAMS, 'postgres'), args, { ...user, stdio: ['ignore', 'ignore', 'pipe'] })
    this.process = server
    await new Promise<void>((resolve, reject) => {
      let said = ''
      server.stderr?.on('data', (chunk: Buffer) => {
        said += chunk
        if (said.includes('ready to accept connections')) resolve()
      })
      server.once('exit', (code) => reject(new Error(`PostgreSQL ended with ${code}\n${said}`)))
    })
  }

  /** What a client of its own database is to be told, as libpq names it. */
  async database(): Promise<Record<'PGHOST' | 'PGUSER' | 'PGDATABASE', string>> {
    const name = `d${++this.databases}`
    const client = new pg.Client({ host: this.directory, user: 'postgres', database: 'postgres' })
    await client.connect()
    await client.query(`create database ${name}`)
    await client.end()
    return { PGHOST: this.directory, PGUSER: 'postgres', PGDATABASE: name }
  }

  /** A pool of clients of a database of its own. */
  async pool(): Promise<pg.Pool> {
    const { PGHOST: host, PGUSER: user, PGDATABASE: database } = await this.database()
    return new pg.Pool({ host, user, database })
  }

  async stop(): Promise<void> {
    const { process } = this
    if (process !== null && process.exitCode === null) {
      const ended = new Promise((resolve) => process.once('exit', resolve))
      process.kill('SIGINT')
      await ended
    }
    rmSync(this.directory, { recursive: true, force: true })
  }
}

/** Who runs it: the server refuses to be root. The directory becomes theirs. */
async function userOf(directory: string): Promise<{ uid?: number; gid?: number }> {
  if (process.getuid?.() !== 0) return {}
  const id = async (flag: string) => Number((await run('id', [flag, 'postgres'])).stdout)
  const user = { uid: await id('-u'), gid: await id('-g') }
  chownSync(directory, user.uid, user.gid)
  return user
}
