import type { Running } from '../broker.ts'

/** How much of everything. */
export interface Setting {
  /** 1, or a tenth when in a hurry. */
  readonly scale: number
  /** Measured time of one run of the load generator, and before that. */
  readonly seconds: number
  readonly warmup: number
  /** Whether it is the peer that is measured: it is asked for a sync by the topic, ours by `--durability`. */
  readonly peer: boolean
}

/** One shape of a topology or a load. The figures are called `name:figure`. */
export interface Shape {
  readonly name: string
  /** The peer cannot. */
  readonly oursOnly?: boolean
  /** On a broker that takes clients by TLS and SCRAM, too. */
  readonly secured?: boolean
  run(running: Running, setting: Setting): Promise<Record<string, number>>
}

export function perSecond(count: number, since: number): number {
  return (count * 1000) / (performance.now() - since)
}

/** The value below which a part of the others is, 0 to 1. */
export function quantile(values: readonly number[], part: number): number {
  if (values.length === 0) throw new Error('nothing was measured')
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * part)]!
}
