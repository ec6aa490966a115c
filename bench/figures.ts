import type { Side } from './broker.ts'
import type { Figures } from './load.ts'

/** What was measured: by side and name, one value a round. */
export interface Measured {
  add(side: Side, name: string, value: number): void
  /** All figures of one run, as `case:figure`. */
  addRun(side: Side, name: string, figures: Figures): void
  summary(side: Side, name: string): Summary | null
  /** Everything, for --json. */
  all(): Record<string, readonly number[]>
}

export interface Summary {
  readonly n: number
  readonly median: number
  readonly min: number
  readonly max: number
}

export function measured(): Measured {
  const values = new Map<string, number[]>()
  const add = (side: Side, name: string, value: number) => {
    const key = `${side} ${name}`
    const list = values.get(key)
    if (list === undefined) values.set(key, [value])
    else list.push(value)
  }
  return {
    add,
    addRun(side, name, figures) {
      for (const [figure, value] of figures) add(side, `${name}:${figure}`, value)
    },
    summary: (side, name) => summarize(values.get(`${side} ${name}`) ?? []),
    all: () => Object.fromEntries(values),
  }
}

function summarize(list: readonly number[]): Summary | null {
  if (list.length === 0) return null
  const sorted = list.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
  return { n: sorted.length, median, min: sorted[0]!, max: sorted.at(-1)! }
}
