import type { Side } from './broker.ts'
import type { Group } from './options.ts'

/** What is asked of ours: so many times the peer's figure, or an absolute figure in the row's unit. */
export type Target = { readonly times: number } | { readonly value: number }

/** One line of the table. A figure is named `case:figure`, as the generator reports it. */
export interface Row {
  readonly group: Group
  readonly title: string
  readonly unit: string
  /** What one unit is in the generator's figures: 1000 shows microseconds as milliseconds. */
  readonly per?: number
  readonly better: 'more' | 'less'
  readonly side?: Side
  readonly figure: string
  readonly peer: Side | null
  /** The peer's figure where it is another than ours. */
  readonly peerFigure?: string
  readonly least: Target | null
  readonly goal: Target | null
}
