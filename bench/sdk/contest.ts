import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ROOT } from '../load.ts'
import type { Load } from './way.ts'
import type { Figures, Task, WayName } from './worker.ts'

const run = promisify(execFile)
const WORKER = join(ROOT, 'dist', 'bench', 'sdk', 'worker.js')
/** A run that takes longer hangs. */
const LONGEST_MS = 300_000

/** One of those that are held against each other. */
export interface Entrant {
  readonly title: string
  readonly way: WayName
  /** Where it sends to; called before each run. */
  readonly target: () => string
  /** Processor time of the server so far, in microseconds; of what runs in the process itself, or elsewhere, nothing is known. */
  readonly serverCpu?: () => number
  /** Deletes what a run has left behind. */
  readonly clean?: (target: string, name: string) => Promise<void>
}

export interface Rules {
  readonly rounds: number
  readonly count: number
  readonly warmUp: number
  readonly load: Load
}

/** The medians of all rounds. */
export interface Result extends Figures {
  readonly title: string
  readonly serverCpuUs: number | null
  /** Messages a second against the first entrant in the same round: the median of those ratios. */
  readonly ratio: number
}

/** Each entrant in turn, so many rounds, each run in a process of its own. */
export async function contest(entrants: readonly Entrant[], rules: Rules): Promise<Result[]> {
  const rounds: (Figures & { readonly serverCpuUs: number | null })[][] = []
  const run = Date.now().toString(36)
  for (let round = 0; round < rules.rounds; round++) {
    const figures = []
    for (const [at, entrant] of entrants.entries())
      figures.push(await play(entrant, `bench-${run}-${round}-${at}`, rules))
    rounds.push(figures)
  }
  return entrants.map(({ title }, at) => {
    const own = rounds.map((figures) => figures[at]!)
    const server = own.map(({ serverCpuUs }) => serverCpuUs).filter((one) => one !== null)
    return {
      title,
      perSecond: median(own.map(({ perSecond }) => perSecond)),
      cpuUs: median(own.map(({ cpuUs }) => cpuUs)),
      serverCpuUs: server.length === 0 ? null : median(server),
      ratio: median(rounds.map((figures) => figures[at]!.perSecond / figures[0]!.perSecond)),
    }
  })
}

async function play({ way, target, serverCpu, clean }: Entrant, name: string, { count, warmUp, load }: Rules) {
  const where = target()
  const task: Task = { way, target: where, name, load, count, warmUp }
  const before = serverCpu?.()
  const { stdout } = await run(process.execPath, [WORKER, JSON.stringify(task)], { timeout: LONGEST_MS })
  const figures: Figures = JSON.parse(stdout)
  const serverCpuUs = before === undefined ? null : (serverCpu!() - before) / (count + warmUp)
  await clean?.(where, name)
  return { ...figures, serverCpuUs }
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
