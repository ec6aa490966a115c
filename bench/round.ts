import { type Broker, type Protocol, pause, type Running, residentMb } from './broker.ts'
import { AMQP_CASES, BACKLOG_DRAIN, BACKLOG_FILL, type Case, KAFKA_CASES } from './cases.ts'
import type { Measured } from './figures.ts'
import { load } from './load.ts'
import type { BenchOptions } from './options.ts'

/** What a round needs to know. */
export interface Bench {
  readonly options: BenchOptions
  readonly figures: Measured
}

/** The generator's command line for a case. */
export function caseWords(one: Case, running: Running, options: BenchOptions): string[] {
  const { host, port } = running.address(one.protocol)
  const words = [one.protocol, one.verb, '--host', host, '--port', String(port), '--pid', String(running.pid)]
  words.push(...one.words.split(' '))
  if (one.verb === 'run') words.push('--seconds', String(options.seconds), '--warmup', String(options.warmup))
  else if (one.count === undefined) words.push('--count', String(options.backlog))
  else words.push('--count', String(options.quick ? one.count.quick : one.count.full))
  return words
}

async function runCase(bench: Bench, broker: Broker, running: Running, one: Case): Promise<void> {
  if (one.peerOnly === true && broker.side.startsWith('ours')) return
  const figures = await load(caseWords(one, running, bench.options))
  bench.figures.addRun(broker.side, one.name, figures)
  const peak = figures.get('peakMb')
  const main = figures.get(one.verb === 'fill' || one.words.includes('--consumers 0') ? 'inPerSecond' : 'outPerSecond')
  console.log(`  ${broker.side} ${one.name}: ${Math.round(main ?? 0)}/s${peak ? `, peak ${peak.toFixed(0)} MB` : ''}`)
}

/** Start, and memory when nothing has happened yet. */
export async function startRound(bench: Bench, broker: Broker): Promise<void> {
  const running = await broker.start()
  try {
    if (running.startMs === null) return
    bench.figures.add(broker.side, 'start', running.startMs)
    await pause(bench.options.quick ? 2 : 5)
    const idle = residentMb(running.pid)
    if (idle !== null) bench.figures.add(broker.side, 'idle', idle)
    console.log(`  ${broker.side} start: ${running.startMs.toFixed(0)} ms, ${idle?.toFixed(0)} MB`)
  } finally {
    await running.stop()
  }
}

/** All cases of a protocol on one freshly started broker. */
export async function loadRound(bench: Bench, broker: Broker, protocol: Protocol): Promise<void> {
  const cases = protocol === 'amqp' ? AMQP_CASES : KAFKA_CASES
  let running = await broker.start()
  try {
    // Erlang, Java and JavaScript compile what is hot while it runs, and a new store grows: the first runs are not counted.
    for (const one of cases.filter(({ warms }) => warms === true)) {
      await load(caseWords(one, running, bench.options)).catch(() => {})
    }
    for (const one of cases) {
      if (await attempt(bench, broker, running, one)) continue
      await running.stop()
      running = await broker.start()
    }
    const peaks = cases
      .map((one) => bench.figures.summary(broker.side, `${one.name}:peakMb`)?.max)
      .filter((peak) => peak !== undefined && peak > 0) as number[]
    if (peaks.length > 0) bench.figures.add(broker.side, `${protocol}-load:peakMb`, Math.max(...peaks))
  } finally {
    await running.stop()
  }
}

/** A failed case is said and makes the bench fail, but the others still run, on a broker started anew. */
async function attempt(bench: Bench, broker: Broker, running: Running, one: Case): Promise<boolean> {
  try {
    await runCase(bench, broker, running, one)
    return true
  } catch (error) {
    console.error(`  ${broker.side} ${one.name} FAILED: ${(error as Error).message}`)
    process.exitCode = 1
    return false
  }
}

/** Many messages wait, and are drained. */
export async function backlogRound(bench: Bench, broker: Broker): Promise<void> {
  const running = await broker.start()
  try {
    for (const one of [BACKLOG_FILL, BACKLOG_DRAIN]) if (!(await attempt(bench, broker, running, one))) break
  } finally {
    await running.stop()
  }
}
