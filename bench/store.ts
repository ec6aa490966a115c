import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { NodeClock } from '../src/env/node-clock.ts'
import { NodeDisk } from '../src/env/node-disk.ts'
import { NodeRandom } from '../src/env/node-random.ts'
import { Arena } from '../src/std/arena.ts'
import { STORE_DEFAULTS, Store } from '../src/store/store.ts'

/**
 * The store alone, on a real disk: how fast records are appended and written, with and without a sync for every group, and
 * how fast they come back.
 *
 *   node dist/bench/store.js [directory] [bytes of a record] [seconds]
 */
const parent = process.argv[2] ?? '.'
const length = Number(process.argv[3] ?? 100)
const seconds = Number(process.argv[4] ?? 3)
/** Records a turn: what a read of 64 KiB brings. */
const TURN = Math.max(1, Math.floor(65536 / (length + 50)))

const root = mkdtempSync(join(parent, 'posthorn-bench-'))
process.on('exit', () => rmSync(root, { recursive: true }))

function open(directory: string) {
  const arena = new Arena(128 * 2 ** 20)
  let records = 0
  let sum = 0
  const begun = performance.now()
  const store = Store.open({
    disk: new NodeDisk(directory),
    arena,
    clock: new NodeClock(),
    random: new NodeRandom(),
    options: STORE_DEFAULTS,
    fold: {
      part() {},
      *snapshot() {},
      owners: () => [],
      owner: () => undefined,
      record: (_type, bytes, at) => {
        records++
        sum += bytes[at]!
      },
    },
    onFatal: (error) => {
      throw error
    },
    report() {},
  })
  return { store, arena, records, sum, ms: performance.now() - begun }
}

async function append(directory: string, sync: boolean): Promise<void> {
  const { store, arena, ms } = open(directory)
  const { journal } = store
  const source = arena.bytes.length - length - 64
  const begun = performance.now()
  const cpu = process.cpuUsage()
  let appended = 0
  let full = 0
  while (performance.now() - begun < seconds * 1000) {
    let n = 0
    for (; n < TURN && journal.room() >= length; n++) arena.copy(journal.append(1, length), source, length)
    appended += n
    if (n < TURN) full++
    store.endTurn(sync)
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { tail } = journal
  await new Promise<void>((resolve) => store.close(resolve))
  const elapsed = (performance.now() - begun) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const mb = tail / 1e6
  const rate = `${(appended / elapsed / 1e6).toFixed(2)} M records/s, ${(mb / elapsed).toFixed(0)} MB/s`
  const spent = ((user + system) / appended).toFixed(3)
  console.log(
    `append ${sync ? 'with sync' : 'no sync'}: ${rate}, ${spent} us CPU a record, open ${ms.toFixed(1)} ms, ${full} turns short`,
  )
}

for (const sync of [true, false]) {
  const directory = join(root, String(sync))
  await append(directory, sync)
  const { store, records, ms } = open(directory)
  const mb = store.journal.tail / 1e6
  console.log(
    `recover: ${records} records, ${mb.toFixed(0)} MB in ${ms.toFixed(0)} ms: ` +
      `${(records / ms / 1e3).toFixed(1)} M records/s, ${(mb / ms).toFixed(2)} GB/s`,
  )
  await new Promise<void>((resolve) => store.close(resolve))
}
