import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pass } from 'node:timers/promises'
import { normalized } from './normalize.ts'
import type { Ran, ToolRunner } from './runner.ts'

/** A run of a tool. In the text `@` is a prefix that nobody else uses, and `@@` the broker's address. */
export interface Run {
  /** The tool, and its arguments. The address is put in front of them if it is not among them. */
  readonly run: string
  readonly input?: string
  /** It is run again until it says this. */
  readonly until?: RegExp
  /** Only these lines are compared. */
  readonly only?: RegExp
  /** Lines that come in no order. */
  readonly sorted?: boolean
  /** Figures that depend on the moment, or on the broker's house: what is a number is not compared. */
  readonly loose?: boolean
  /** It goes on beside what follows, up to `{ await: NAME }`. */
  readonly beside?: string
}

/** A tool to run; one of those beside to wait for; a file that arguments name as `%NAME`. */
export type Step = string | Run | { readonly await: string } | { readonly file: string; readonly text: string }

/** A scenario that Kafka's tools play. */
export interface Case {
  readonly title: string
  readonly steps: readonly Step[]
}

/** Where cases are played. */
export interface Place {
  readonly tools: ToolRunner
  readonly address: string
  /** Of all names on the broker. */
  readonly prefix: string
  /** For files. */
  readonly folder: string
}

const AGAIN_MS = 300
const TRIES = 100

/** Plays a case on a broker, and writes down what there is to see. */
export async function play(place: Place, { title, steps }: Case): Promise<string[]> {
  const { address, prefix, folder } = place
  const lines = [`# ${title}`]
  const beside = new Map<string, { readonly step: Run; readonly ended: Promise<Ran> }>()
  const told = ({ run, only, sorted, loose }: Run, ran: Ran) => {
    const said = [...linesOf(ran.out), ...linesOf(ran.err).map((line) => `! ${line}`)]
      .map((line) => normalized(line, prefix, address, loose ?? false))
      .filter((line) => only === undefined || only.test(line))
    // Groups' tools keep partitions in maps by names, and the names differ.
    if (sorted ?? /-groups /.test(run)) said.sort()
    lines.push(`> ${run}`, ...said, `= ${ran.code}`)
  }
  for (const step of steps) {
    if (typeof step !== 'string' && 'await' in step) {
      const other = beside.get(step.await)!
      told(other.step, await other.ended)
      continue
    }
    if (typeof step !== 'string' && 'file' in step) {
      writeFileSync(join(folder, step.file), step.text.replaceAll('@', prefix))
      continue
    }
    const one: Run = typeof step === 'string' ? { run: step } : step
    const once = () => start(place, one)
    if (one.beside !== undefined) {
      beside.set(one.beside, { step: one, ended: once() })
      continue
    }
    let ran = await once()
    for (let n = 0; one.until !== undefined && !one.until.test(ran.out); n++) {
      if (n === TRIES) throw new Error(`${one.run} never said ${one.until}, but\n${ran.out}\n${ran.err}`)
      await pass(AGAIN_MS)
      ran = await once()
    }
    told(one, ran)
  }
  return lines
}

function start({ tools, address, prefix, folder }: Place, { run, input }: Run): Promise<Ran> {
  const [tool, ...words] = run.split(' ')
  const args = words.map((word) => word.replaceAll('@@', address).replaceAll('@', prefix).replaceAll('%', `${folder}/`))
  return tools.run(
    tool!,
    run.includes('@@') ? args : ['--bootstrap-server', address, ...args],
    input?.replaceAll('@', prefix),
  )
}

/** Lines with something in them; of a trace, its head. */
function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '' && !/^\s+(at |\.\.\. \d+ more)/.test(line))
}
