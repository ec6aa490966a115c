import { parseArgs } from 'node:util'
import { Hits } from './hits.ts'
import { shrink } from './shrink.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

/** What is compared: sequences of commands of one protocol. */
export interface Subject<C, D extends { readonly at: number }> {
  readonly realPort: number
  /** The same for the same seed, but for the prefix of its names. */
  sequence(seed: number, prefix: string, length: number): C[]
  /** Runs it on both sides; null if they never differ. */
  run(commands: readonly C[], prefix: string, ours: Address, real: Address): Promise<D | null>
  explain(commands: readonly C[], found: D): string
  count(command: C, hits: Hits): void
  /** Everything that there is to count, if that is known. */
  readonly all?: readonly string[]
  /** What the others need: it is not left out when a sequence is shortened. */
  needs?(command: C): boolean
  /** Puts a bug into our side. */
  plant(): void
  /** Waits until the real one can answer everything. */
  ready?(real: Address): Promise<void>
  /** Starts ours. */
  open(): Promise<Address & { stop(): Promise<void> }>
}

const USAGE = `--real HOST:PORT  [--ours HOST:PORT]  --sequences N  --seed N  --length N  --least N  --failures N  --at-once N  --planted`

function options(realPort: number) {
  const text = (otherwise: string) => ({ type: 'string', default: otherwise }) as const
  const { values } = parseArgs({
    options: {
      real: text(`127.0.0.1:${realPort}`),
      ours: { type: 'string' },
      sequences: text('200'),
      seed: text('1'),
      length: text('30'),
      least: text('0'),
      failures: text('10'),
      'at-once': text('1'),
      planted: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const number = (name: 'sequences' | 'seed' | 'length' | 'least' | 'failures' | 'at-once') => Number(values[name])
  return { ...values, number }
}

type Options = ReturnType<typeof options>

/**
 * Does the same to a real broker and to ours and compares what there is to see. A sequence that differs is shortened and printed; its number, as --seed
 * with --sequences 1, plays it again. With --planted a bug is put into our side, and not to find it is the failure.
 */
export async function search<C, D extends { readonly at: number }>(subject: Subject<C, D>): Promise<void> {
  const given = options(subject.realPort)
  if (given.help) {
    console.log(USAGE)
    return
  }
  if (given.planted) subject.plant()
  await subject.ready?.(addressOf(given.real))
  const target = given.ours === undefined ? await subject.open() : null
  const failed = await compareAll(subject, given, target ?? addressOf(given.ours!), addressOf(given.real))
  await target?.stop()
  process.exitCode = failed ? 1 : 0
}

function addressOf(text: string): Address {
  const [host, port] = text.split(':')
  return { host: host!, port: Number(port) }
}

async function compareAll<C, D extends { readonly at: number }>(
  subject: Subject<C, D>,
  given: Options,
  ours: Address,
  real: Address,
): Promise<boolean> {
  const hits = new Hits(subject.all)
  const first = given.number('seed')
  const count = given.number('sequences')
  // Names that no earlier run on the same brokers has left anything under.
  const run = Date.now().toString(36)
  let failures = 0
  let once = 0
  let seed = first
  const goOn = async () => {
    while (seed < first + count && failures < given.number('failures')) {
      const outcome = await compareOne(subject, given, seed++, run, ours, real, hits)
      if (outcome === 'once') once++
      else if (outcome !== null) {
        failures++
        console.log(outcome)
      }
    }
  }
  await Promise.all(Array.from({ length: given.number('at-once') }, goOn))
  console.log(hits.lines().join('\n'))
  const rare = hits.rare(given.number('least'))
  if (rare.length > 0) console.log(`tried fewer than ${given.least} times: ${rare.join(', ')}`)
  console.log(
    `${count} sequences of ${given.length} commands, ${failures} differ (${once} more did once, and not again)`,
  )
  return given.planted ? failures === 0 : failures > 0 || rare.length > 0
}

/** Null if the sides agree, 'once' if they did not and then did, otherwise what differs. */
async function compareOne<C, D extends { readonly at: number }>(
  subject: Subject<C, D>,
  given: Options,
  seed: number,
  run: string,
  ours: Address,
  real: Address,
  hits: Hits,
): Promise<string | 'once' | null> {
  const prefix = `d${run}-${seed}`
  const commands = subject.sequence(seed, prefix, given.number('length'))
  const found = await subject.run(commands, prefix, ours, real)
  for (const command of commands.slice(0, found === null ? undefined : found.at + 1)) subject.count(command, hits)
  if (found === null) return null
  if (!(await happensAgain(subject, given, seed, run, ours, real))) return 'once'
  const report = await explain(subject, given, seed, run, commands.slice(0, found.at + 1), found, ours, real)
  return `sequence ${seed} differs:\n${report}\n`
}

/**
 * What depends on the moment, or on chance, does not happen every time: who of two parts of the real one is faster, whom Kafka makes the leader of a group
 * whose leader has left (the first of a hash table by ids that it makes up). A difference does.
 */
const TIMES = 5

async function happensAgain<C, D extends { readonly at: number }>(
  subject: Subject<C, D>,
  given: Options,
  seed: number,
  run: string,
  ours: Address,
  real: Address,
): Promise<boolean> {
  for (let time = 1; time <= TIMES; time++) {
    const prefix = `d${run}-${seed}-again${time}`
    const commands = subject.sequence(seed, prefix, given.number('length'))
    if ((await subject.run(commands, prefix, ours, real)) === null) return false
  }
  return true
}

/** The shortest sequence that still differs. Each try has names of its own, so the commands are made anew and picked by number. */
async function explain<C, D extends { readonly at: number }>(
  subject: Subject<C, D>,
  given: Options,
  seed: number,
  run: string,
  commands: readonly C[],
  found: D,
  ours: Address,
  real: Address,
): Promise<string> {
  if (given.planted) return subject.explain(commands, found)
  let tries = 0
  let last: { commands: readonly C[]; found: D } = { commands, found }
  const isNeeded = (n: number) => subject.needs?.(commands[n]!) ?? false
  const needed = [...commands.keys()].filter(isNeeded)
  await shrink(
    [...commands.keys()].filter((n) => !isNeeded(n)),
    async (numbers) => {
      const prefix = `d${run}-${seed}-${++tries}`
      const all = subject.sequence(seed, prefix, given.number('length'))
      const some = [...needed, ...numbers].map((n) => all[n]!)
      const again = await subject.run(some, prefix, ours, real)
      if (again !== null) last = { commands: some, found: again }
      return again !== null
    },
  )
  return subject.explain(last.commands, last.found)
}
