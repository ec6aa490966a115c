import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openDatabase, unlock } from './database.ts'

/** Messages: EFFECTS=100000 for the long version. */
export const COUNT = Number(process.env.EFFECTS ?? (process.env.CI === 'true' ? 5000 : 800))
/** Generous: what is wrong does not come at all. */
export const TIMEOUT_MS = 240_000 + COUNT * 30

/** What the application runs on, and what can happen to that. */
export interface Stage {
  readonly url: string
  /** Each resolves when it is over. */
  readonly faults: readonly (() => Promise<void>)[]
  /** Of all that is to be done, how much each life of the application does before it is killed. */
  readonly lives: readonly number[]
  /** Ends the application with the test. */
  readonly signal: AbortSignal
}

/** Some are short. */
export const LIVES: readonly number[] = [0.01, 0.12, 0.03, 0.2, 0.06, 0.15]
/** For brokers that wait long for a member that is gone. */
export const FEW_LIVES: readonly number[] = [0.2, 0.3]

const APPLICATION = join(dirname(fileURLToPath(import.meta.url)), 'application.js')
/** The application tells with a dot that it has handled so many messages. */
const DOT = 50

export interface Played {
  readonly kills: number
  readonly faults: number
}

/** Runs the application through its lives, and looks at the tables: each effect is there once. */
export async function playEffects({ url, faults, lives, signal }: Stage, suffix: string): Promise<Played> {
  const directory = await mkdtemp(join(tmpdir(), 'posthorn-effects-'))
  const file = join(directory, 'app.db')
  let nth = 0
  const fault = () => faults[nth++ % faults.length]!()
  const live = (upTo: number | null, faultsAt: readonly number[]) => {
    const dots = (share: number) => Math.max(1, Math.floor((share * 2 * COUNT) / DOT))
    return liveOnce({
      args: [url, file, String(COUNT), suffix],
      isEnough: (told) => (upTo === null ? told.includes('done') : told.split('.').length > dots(upTo)),
      isDue: (told, past) => past < faultsAt.length && told.split('.').length > dots(faultsAt[past]!),
      fault,
      signal,
    })
  }
  try {
    for (const share of lives) {
      await live(share, faults.length > 0 ? [share / 2] : [])
      await unlock(file)
    }
    const left = 1 - lives.reduce((sum, share) => sum + share, 0)
    await live(null, faults.length > 0 ? [left / 4, left / 2, (3 * left) / 4] : [])
    await unlock(file)
    check(file)
    return { kills: lives.length + 1, faults: nth }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

function check(file: string): void {
  const database = openDatabase(file)
  try {
    // Else what is wrong is the database of the test.
    assert.equal(database.all('pragma integrity_check')[0]?.integrity_check, 'ok')
    for (const table of ['effects', 'payments']) {
      const [row] = database.all(`select count(*) as rows, count(distinct n) as effects from ${table}`)
      assert.deepEqual({ ...row }, { rows: COUNT, effects: COUNT }, table)
    }
  } finally {
    database.close()
  }
}

interface Life {
  readonly args: readonly string[]
  /** Whether it is to be killed, by what it told. */
  readonly isEnough: (told: string) => boolean
  /** Whether something is to break now, which has `past` times. */
  readonly isDue: (told: string, past: number) => boolean
  readonly fault: () => Promise<void>
  readonly signal: AbortSignal
}

/** Starts the process, breaks what it runs on, and kills it (kill -9). Resolves when the process is gone, and what was broken is there again. */
function liveOnce({ args, isEnough, isDue, fault, signal }: Life): Promise<void> {
  return new Promise((resolve, reject) => {
    const child: ChildProcess = spawn(process.execPath, [APPLICATION, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
      signal,
      killSignal: 'SIGKILL',
    })
    child.on('error', reject)
    let told = ''
    let past = 0
    let breaking = Promise.resolve()
    child.stdout?.on('data', (chunk: Buffer) => {
      told += chunk
      if (isDue(told, past)) {
        past++
        breaking = breaking.then(fault)
        breaking.catch(() => child.kill('SIGKILL'))
      }
      if (isEnough(told)) child.kill('SIGKILL')
    })
    child.on('exit', (code, signal) => {
      if (signal === 'SIGKILL') breaking.then(resolve, reject)
      else reject(new Error(`the application ended by itself with code ${code}`))
    })
  })
}
