import { writeFileSync } from 'node:fs'
import type { Broker } from './broker.ts'
import { measured } from './figures.ts'
import { kafka } from './kafka.ts'
import { compileLoad } from './load.ts'
import { describeMachine } from './machine.ts'
import { type BenchOptions, type Group, readOptions, USAGE } from './options.ts'
import { entryFile, posthorn } from './posthorn.ts'
import { rabbitmq } from './rabbitmq.ts'
import { recoveryOfMany, recoveryRound } from './recovery.ts'
import { type Bench, backlogRound, loadRound, startRound } from './round.ts'
import { rows } from './rows.ts'
import { AMQP_SHAPES } from './shapes/amqp/shapes.ts'
import { KAFKA_SHAPES } from './shapes/kafka/shapes.ts'
import { shapesRound } from './shapes/round.ts'
import { table } from './table.ts'

interface Sides {
  readonly ours: ReturnType<typeof posthorn> | null
  readonly oursOs: Broker | null
  readonly rabbitmq: Broker | null
  readonly kafka: Broker | null
}

function sides(options: BenchOptions): Sides {
  const has = (...groups: Group[]) => options.groups.some((one) => groups.includes(one))
  if (options.ours) entryFile(options)
  return {
    ours: options.ours ? posthorn(options, 'fsync') : null,
    oursOs: options.ours ? posthorn(options, 'os') : null,
    rabbitmq: options.peers && has('start', 'amqp', 'memory', 'amqp-shapes') ? rabbitmq(options) : null,
    kafka: options.peers && has('start', 'kafka', 'kafka-shapes') ? kafka(options) : null,
  }
}

/** One turn of every broker in every group asked for; what cannot start is said and passed over. */
async function pair(bench: Bench, all: Sides): Promise<void> {
  const turns: Record<Exclude<Group, 'recovery'>, readonly (Broker | null)[]> = {
    start: [all.ours, all.rabbitmq, all.kafka],
    amqp: [all.ours, all.rabbitmq],
    memory: [all.ours, all.rabbitmq],
    kafka: [all.ours, all.kafka, all.oursOs],
    'amqp-shapes': [all.ours, all.rabbitmq],
    'kafka-shapes': [all.ours, all.kafka, all.oursOs],
  }
  const round = (group: Group, broker: Broker) => {
    if (group === 'start') return startRound(bench, broker)
    if (group === 'memory') return backlogRound(bench, broker)
    if (group === 'amqp-shapes') return shapesRound(bench, broker, AMQP_SHAPES)
    if (group === 'kafka-shapes') return shapesRound(bench, broker, KAFKA_SHAPES)
    return loadRound(bench, broker, group === 'amqp' ? 'amqp' : 'kafka')
  }
  for (const group of bench.options.groups) {
    const { ours } = all
    if (group === 'recovery') {
      if (ours === null) continue
      await survive('ours recovery', recoveryRound(bench, ours.start))
      await survive('ours recovery', recoveryOfMany(bench, ours.start))
      continue
    }
    for (const broker of turns[group])
      if (broker !== null) await survive(`${broker.side} ${group}`, round(group, broker))
  }
}

async function survive(what: string, work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (error) {
    console.error(`  ${what} FAILED: ${(error as Error).message}`)
    process.exitCode = 1
  }
}

async function main(): Promise<void> {
  if (process.argv.includes('--help')) {
    console.log(USAGE)
    return
  }
  const options = readOptions(process.argv.slice(2))
  compileLoad()
  const all = sides(options)
  const bench: Bench = { options, figures: measured() }
  console.log(await describeMachine(options.dir))
  for (let n = 1; n <= options.pairs; n++) {
    console.log(`round ${n} of ${options.pairs}`)
    await pair(bench, all)
    if (options.json !== null) writeFileSync(options.json, JSON.stringify(bench.figures.all(), null, 1))
  }
  const asked = rows(options.backlog).filter((row) => options.groups.includes(row.group))
  console.log(`\n${table(asked, bench.figures)}`)
}

main().catch((error: Error) => {
  console.error(error.message)
  process.exitCode = 1
})
