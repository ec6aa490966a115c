import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import sqlite from 'node-sqlite3-wasm'
import { connect } from '../../src/engines/connect.ts'
import { json } from '../../src/sdk/contract/json.ts'
import { topic } from '../../src/sdk/topic.ts'

/** POSTHORN_EFFECTS=100000 for the long version. */
const COUNT = Number(process.env.POSTHORN_EFFECTS ?? 800)
/** After how many dots (of 50 messages each) each life ends; the last one is killed when all is done. */
const LIVES = [1, 4, 2, 9, 3, 12]
const CHILD = join(dirname(fileURLToPath(import.meta.url)), 'effects-child.js')

const END = -1

/** Starts the process, and kills it (kill -9) when `enough` says so of what it told. */
function live(args: readonly string[], enough: (told: string) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const child: ChildProcess = spawn(process.execPath, [CHILD, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
    let told = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      told += chunk
      if (enough(told)) child.kill('SIGKILL')
    })
    child.on('exit', (code, signal) => {
      if (signal === 'SIGKILL') resolve()
      else reject(new Error(`the process ended by itself with code ${code}`))
    })
  })
}

test(`each of ${COUNT} effects happens once, in a table and in a topic, however often the process is killed`, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'posthorn-'))
  const file = join(directory, 'app.db')
  const data = join(directory, 'data')
  const args = [data, file, String(COUNT)]
  try {
    for (const dots of LIVES) {
      await live(args, (told) => told.split('.').length > dots)
      // The lock of this library's files does not end with its process.
      await rm(`${file}.lock`, { recursive: true, force: true })
    }
    await live(args, (told) => told.includes('done'))
    await rm(`${file}.lock`, { recursive: true, force: true })
    const database = new sqlite.Database(file)
    const [row] = database.all('select count(*) as rows, count(distinct n) as effects from effects')
    database.close()
    assert.deepEqual({ ...row }, { rows: COUNT, effects: COUNT })
    const published = await shipments(data)
    assert.equal(published.length, COUNT)
    assert.equal(new Set(published).size, COUNT)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})

/** All records of the topic. */
async function shipments(data: string): Promise<number[]> {
  const bus = await connect(`file:${data}`)
  const shipped = topic('shipped', { schema: json<number>(), partitions: 2 })
  const ends = [await bus.publish(shipped, END, { partition: 0 }), await bus.publish(shipped, END, { partition: 1 })]
  const found: number[] = []
  let open = ends.length
  await new Promise<void>((resolve) => {
    bus.subscribe(shipped, { from: 'earliest' }, (n) => {
      if (n !== END) found.push(n)
      else if (--open === 0) resolve()
    })
  })
  await bus.close()
  return found
}
