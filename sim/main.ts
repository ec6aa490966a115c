import { parseArgs } from 'node:util'
import { huntOne } from './hunt.ts'
import { MUTANTS } from './mutants.ts'
import { checkImages } from './record/images.ts'
import { type Result, runSeed } from './run.ts'
import type { Swarm } from './swarm.ts'

const USAGE = `npm run sim -- [--seed N | --seeds A-B] [--events N] [--set JSON] [--story LINES]
  --seed N      one simulation, from this seed
  --seeds A-B   one after the other
  --events N    steps with faults in each, before everything has to drain (8000)
  --set JSON    overrides of the swarm that the seed draws, as '{"crashEvery":0}'
  --mutants     (with --seeds 1-N: look no further) plants one bug after the other, and looks whether it is found
  --images N    records a real process under load, and recovers from N crash images made of what it did
  --promises N  (with --images) so many it has to make before it ends (3000)
  --only TEXT   of the mutants those whose names have this in them
  --story N     lines of what happened last to print with a failure (0)
`

/** How far a planted bug is looked for. */
const SEEDS = 60
const RARE_SEEDS = 300

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string' },
    events: { type: 'string', default: '8000' },
    set: { type: 'string', default: '{}' },
    story: { type: 'string', default: '0' },
    mutants: { type: 'boolean', default: false },
    images: { type: 'string' },
    promises: { type: 'string', default: '3000' },
    only: { type: 'string', default: '' },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) process.stdout.write(USAGE)
else if (values.mutants) process.exitCode = hunt()
// Not left to end by itself: with the sockets of its clients gone, Node 20 now and then spins for ever in its own clean-up.
else if (values.images !== undefined) process.exit(await recordAndCrash(Number(values.images)))
else process.exitCode = simulate()

async function recordAndCrash(images: number): Promise<number> {
  const { counts } = await checkImages(Number(values.seed ?? 1), images, Number(values.promises), true)
  for (const [name, n] of counts) print(name, n)
  return 0
}

/** Every planted bug has to be found. */
function hunt(): number {
  let blind = 0
  for (const mutant of MUTANTS) {
    if (!mutant.name.includes(values.only)) continue
    const seeds = values.seeds === undefined ? (mutant.rare === true ? RARE_SEEDS : SEEDS) : range()[1]
    const found = huntOne(mutant, seeds, Number(values.events))
    if (found === null) blind++
    const text =
      found === null ? 'NOT FOUND' : `seed ${found.seed}: ${found.error!.message.split('\n')[0]!.slice(0, 100)}`
    process.stdout.write(`${mutant.name.padEnd(60)} ${text}\n`)
  }
  print('mutants', MUTANTS.length)
  print('not found', blind)
  return blind === 0 ? 0 : 1
}

function simulate(): number {
  const [from, to] = range()
  const events = Number(values.events)
  const overrides = JSON.parse(values.set) as Partial<Swarm>
  const totals = new Map<string, number>()
  let failures = 0
  for (let seed = from; seed <= to; seed++) {
    const result = runSeed(seed, events, overrides, Number(values.story) > 0)
    for (const [name, n] of result.counts) totals.set(name, (totals.get(name) ?? 0) + n)
    if (result.error === null) continue
    failures++
    tell(result, events)
  }
  print('seeds', to - from + 1)
  print('failures', failures)
  for (const [name, n] of [...totals].sort()) print(name, n)
  return failures === 0 ? 0 : 1
}

function range(): [number, number] {
  if (values.seeds === undefined) return [Number(values.seed ?? 1), Number(values.seed ?? 1)]
  const [from, to] = values.seeds.split('-').map(Number)
  return [from!, to ?? from!]
}

function tell(result: Result, events: number): void {
  const story = Number(values.story)
  if (story > 0) process.stdout.write(`${result.story(story).join('\n')}\n`)
  process.stdout.write(`seed ${result.seed} failed: ${story > 0 ? result.error!.stack : result.error!.message}\n`)
  process.stdout.write(
    `  again: npm run sim -- --seed ${result.seed} --events ${events} --set '${values.set}' --story 100\n`,
  )
}

function print(name: string, n: number): void {
  process.stdout.write(`${name.padEnd(32)} ${n}\n`)
}
