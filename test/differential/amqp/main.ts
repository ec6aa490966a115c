import { parseArgs } from 'node:util'
import { Dice } from '../../../sim/random.ts'
import { Queue } from '../../../src/core/queue/queue.ts'
import { openTarget } from '../../amqp/broker-for-test.ts'
import type { Command } from './command.ts'
import { Generator, namesFor } from './generate.ts'
import { Hits } from './hits.ts'
import { type Divergence, explain, runBoth, type Side, shrink } from './run.ts'

/*
 * Does the same to a real RabbitMQ and to ours, and compares what there is to see.
 *
 *   node dist/test/differential/amqp/main.js --real HOST:PORT [--ours HOST:PORT] [--sequences N] [--seed N] [--length N] [--least N] [--planted]
 *
 * A sequence that differs is shortened and printed; its number, as --seed with --sequences 1, plays it again. --planted puts a bug into our side,
 * and fails if it is not found.
 */
const { values } = parseArgs({
  options: {
    real: { type: 'string', default: '127.0.0.1:5672' },
    ours: { type: 'string' },
    sequences: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    length: { type: 'string', default: '30' },
    least: { type: 'string', default: '0' },
    failures: { type: 'string', default: '10' },
    planted: { type: 'boolean', default: false },
  },
})

function sideOf(text: string): Side {
  const [host, port] = text.split(':')
  return { host: host!, port: Number(port) }
}

function sequenceOf(seed: number, prefix: string): { commands: Command[]; names: ReturnType<typeof namesFor> } {
  const names = namesFor(prefix)
  const dice = new Dice(seed)
  return { commands: new Generator(dice, names).sequence(Number(values.length)), names }
}

/** A message that comes again does not say so. */
function plant(): void {
  const { requeue } = Queue.prototype
  Queue.prototype.requeue = function (sequence) {
    const done = requeue.call(this, sequence)
    if (done) this.index.setFlags(sequence, this.index.flags(sequence) & ~8)
    return done
  }
}

async function search(ours: Side, real: Side): Promise<number> {
  const hits = new Hits()
  const first = Number(values.seed)
  const last = first + Number(values.sequences) - 1
  let failures = 0
  for (let seed = first; seed <= last && failures < Number(values.failures); seed++) {
    const { commands, names } = sequenceOf(seed, `d${seed}`)
    const divergence = await runBoth(commands, names, ours, real)
    for (const command of commands.slice(0, divergence === null ? undefined : divergence.at + 1)) hits.add(command)
    if (divergence === null) continue
    failures++
    console.log(`sequence ${seed} differs:\n${await report(seed, commands, divergence, ours, real)}\n`)
  }
  console.log(hits.lines().join('\n'))
  const rare = hits.rare(Number(values.least))
  if (rare.length > 0) console.log(`tried fewer than ${values.least} times: ${rare.join(', ')}`)
  console.log(`${last - first + 1} sequences of ${values.length} commands, ${failures} differ`)
  return values.planted ? Number(failures === 0) : failures + rare.length
}

async function report(seed: number, commands: Command[], found: Divergence, ours: Side, real: Side): Promise<string> {
  const { names } = sequenceOf(seed, `d${seed}`)
  const upTo = commands.slice(0, found.at + 1)
  if (values.planted) return explain(upTo, found)
  const short = await shrink(upTo, async (fewer) => (await runBoth(fewer, names, ours, real)) !== null)
  const again = await runBoth(short, names, ours, real)
  return again === null ? `${explain(upTo, found)}\n  (it does not every time)` : explain(short, again)
}

if (values.planted) plant()
const target = values.ours === undefined ? await openTarget() : null
const failed = await search(target ?? sideOf(values.ours!), sideOf(values.real))
await target?.stop()
process.exitCode = failed === 0 ? 0 : 1
