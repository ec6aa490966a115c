import type { Table } from '../../wire/amqp/field.ts'
import type { Bindings } from './bindings.ts'
import type { ExchangeProblem } from './problem.ts'

/** A binding that somebody asks for. */
export interface WantedBinding {
  readonly key: string
  readonly args: Table
  /** The type of the queue that it leads to; null if it leads to an exchange. */
  readonly queueType: string | null
}

/** What one exchange type is, from its declaration to its routing. */
export interface ExchangeKind {
  /** How an exchange with these arguments keeps its bindings; `seed` is for what is random about it. */
  make(args: Table, seed: number): Bindings
  /** What is wrong with the arguments of a declaration, if something is. */
  check?(args: Table): ExchangeProblem | null
  /** What is wrong with a binding from an exchange with these arguments, if something is. */
  checkBinding?(wanted: WantedBinding, args: Table): ExchangeProblem | null
  /** How many of the last messages are kept for queues that are bound later. */
  history?(args: Table): number
  /** Messages can be made to wait before they are routed. */
  readonly delays?: boolean
}
