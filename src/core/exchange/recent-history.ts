import type { Field, Table } from '../../wire/amqp/field.ts'
import type { MessageHeaders } from './bindings.ts'
import { FanoutBindings } from './fanout.ts'
import type { ExchangeKind } from './kind.ts'
import { type ExchangeProblem, fault } from './problem.ts'

const LENGTH = 'x-recent-history-length'
const DEFAULT_LENGTH = 20
/** A message with this header set to true is not kept. */
const NO_STORE = 'x-recent-history-no-store'

/** As fanout; and whoever is bound later gets the last messages first. */
export const RECENT_HISTORY: ExchangeKind = {
  make: () => new FanoutBindings(),
  check: checkLength,
  history: (args) => Number(args.get(LENGTH)?.value ?? DEFAULT_LENGTH),
}

function checkLength(args: Table): ExchangeProblem | null {
  const field = args.get(LENGTH)
  if (field === undefined) return null
  return 'bsIlL'.includes(field.type) && isPositive(field) ? null : fault('bad-history-length', field)
}

function isPositive({ value }: Field): boolean {
  return (typeof value === 'number' || typeof value === 'bigint') && value > 0
}

/** Whether a recent-history exchange keeps a message with these headers. */
export function isRemembered(headers: MessageHeaders): boolean {
  const field = headers.header(NO_STORE)
  return field?.type !== 't' || !field.value
}
