import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DURABLE, QueueIndex, READY } from '../src/core/queue/queue-index.ts'
import { NodeClock } from '../src/env/node-clock.ts'
import { NodeDisk } from '../src/env/node-disk.ts'
import { NodeRandom } from '../src/env/node-random.ts'
import { Arena } from '../src/std/arena.ts'
import { JOURNAL } from '../src/store/place.ts'
import { STORE_DEFAULTS, Store } from '../src/store/store.ts'
import { TIDY_DEFAULTS } from '../src/store/tidy.ts'
import { measureDefinitions } from './definitions.ts'

/**
 * What checkpoints and tidying cost those who wait for the disk: group commits by themselves, beside a checkpoint of as many waiting
 * messages, and beside the tidying of all of them; and the longest time for which any step of it holds the event loop, also in a broker with
 * 10,000 queues and as many bindings.
 *
 *   node dist/bench/upkeep.js [directory] [messages] [bytes of a message]
 */
const parent = process.argv[2] ?? '.'
const messages = Number(process.argv[3] ?? 1_000_000)
const length = Number(process.argv[4] ?? 1000)
/** Bytes of a small record, and how many make a group. */
const SMALL = 100
const GROUP = 20
const BUDGET = 2

const root = mkdtempSync(join(parent, 'posthorn-bench-'))
process.on('exit', () => rmSync(root, { recursive: true }))

const index = new QueueIndex(16)
const arena = new Arena(128 * 2 ** 20)
const owner = {
  id: 1,
  runs: false,
  eachLive: index.eachLive.bind(index),
  isAt: (sequence: number, place: number, position: number) => index.isAt(sequence, place, position),
  move: index.move.bind(index),
}
/** Nothing is tidied before its turn has come. */
const tidy = { ...TIDY_DEFAULTS, budget: 1e6 }
const store = Store.open({
  disk: new NodeDisk(root),
  arena,
  clock: new NodeClock(),
  random: new NodeRandom(),
  options: { ...STORE_DEFAULTS, tidy, checkpointGrowth: 2 ** 50 },
  fold: {
    part() {},
    record() {},
    *snapshot() {
      for (const bytes of index.snapshot()) yield { kind: 1, bytes, consistent: false }
    },
    owners: () => [owner],
    owner: () => owner,
  },
  onFatal: (error) => {
    throw error
  },
  report() {},
})
store.recovered()
const { journal } = store

/** The most of the processor that a call of a method took, by name: other processes may have it meanwhile, but that is not ours. */
const longest = new Map<string, number>()
function watch(of: object, name: string, title = name): void {
  const methods = of as Record<string, (...args: unknown[]) => unknown>
  const method = methods[name]!
  methods[name] = function (this: unknown, ...args) {
    const begun = process.cpuUsage()
    const result = Reflect.apply(method, this, args)
    const { user, system } = process.cpuUsage(begun)
    longest.set(title, Math.max(longest.get(title) ?? 0, (user + system) / 1000))
    return result
  }
}
watch(store, 'upkeep')
for (const part of ['tidy', 'checkpoints', 'segments', 'files'] as const) {
  watch((store as unknown as Record<string, object>)[part]!, part === 'files' ? 'sweep' : 'step', part)
}

let progress: () => void = () => {}
store.onProgress = () => progress()
let scheduled = false
function endSoon(): void {
  if (scheduled) return
  scheduled = true
  setImmediate(() => {
    scheduled = false
    store.endTurn(false)
  })
}

/** Group commits one after the other until `over`; prints how long they took. */
async function commit(what: string, over: () => boolean): Promise<void> {
  longest.clear()
  const took: number[] = []
  const begun = performance.now()
  let late = begun
  let stall = 0
  while (!over()) {
    for (let n = 0; n < GROUP && journal.roomForSettlement() >= SMALL; n++) journal.append(2, SMALL)
    const from = performance.now()
    stall = Math.max(stall, from - late)
    store.endTurn(true)
    const { tail } = journal
    await new Promise<void>((resolve) => {
      progress = () => {
        endSoon()
        if (journal.durable >= tail) resolve()
      }
    })
    late = performance.now()
    took.push(late - from)
  }
  took.sort((a, b) => a - b)
  const at = (part: number) => (took[Math.floor((took.length - 1) * part)] ?? 0).toFixed(2)
  const seconds = (performance.now() - begun) / 1000
  console.log(
    `${what}: ${seconds.toFixed(1)} s, ${Math.round(took.length / seconds)} groups/s, p50 ${at(0.5)} p99 ${at(0.99)} p99.9 ${at(0.999)} max ${at(1)} ms`,
  )
  const steps = [...longest].map(([name, ms]) => `${name} ${ms.toFixed(1)}`)
  console.log(`  longest, in ms: ${steps.join(', ')}`)
}

async function fill(): Promise<void> {
  for (let n = 0; n < messages; n++) {
    while (journal.room() < length) {
      store.endTurn(true)
      await new Promise<void>((resolve) => setImmediate(resolve))
    }
    journal.append(1, length)
    index.push(journal.position, length, READY | DURABLE, 0)
    store.retain(JOURNAL, journal.position, length)
    if (n % 64 === 0) store.endTurn(false)
  }
  store.endTurn(true)

  while (journal.durable < journal.tail) await new Promise<void>((resolve) => setImmediate(resolve))
}

const begun = performance.now()

await fill()
console.log(`${messages} messages of ${length} bytes: ${((performance.now() - begun) / 1000).toFixed(1)} s`)
const until = performance.now() + 5000
await commit('alone', () => performance.now() > until)
let taken = false
store.checkpoints.request(() => {
  taken = true
})
await commit('beside a checkpoint', () => taken)
const { tidied } = store.tidy
Object.assign((store.tidy as unknown as { seams: { options: object } }).seams.options, { budget: BUDGET })
const tidiedUp = () => {
  let live = 0
  for (const file of (store as unknown as { files: { all(): Iterable<{ live: number }> } }).files.all())
    live += file.live > 0 ? 1 : 0
  return live <= BUDGET + 1
}
Object.assign(store.tidy, { lookAt: 0 })
await commit('beside tidying', tidiedUp)
console.log(`  ${store.tidy.tidied - tidied} tidyings, ${store.segments.count} segments`)
await measureDefinitions(join(root, 'definitions'), 10_000)
process.exit(0)
