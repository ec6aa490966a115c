import type { Field, Table } from '../../wire/amqp/field.ts'
import type { MessageHeaders } from './bindings.ts'
import type { ExchangeKind } from './kind.ts'

const TYPE = 'x-delayed-type'
const DELAYED_MESSAGE = 'x-delayed-message'
/** How long a message is to wait, in milliseconds. */
export const DELAY = 'x-delay'
/** The longest delay of the community's plugin, 49 days and some hours. */
const LONGEST_MS = 2 ** 32 - 1

/**
 * As the one of `kinds` that is named in its arguments; but a message with the header `x-delay` waits as long before it is
 * routed.
 */
export function delayedOf(kinds: Readonly<Record<string, ExchangeKind>>): ExchangeKind {
  const named = (args: Table): ExchangeKind | undefined => {
    const type = args.get(TYPE)?.value
    return typeof type === 'string' && Object.hasOwn(kinds, type) ? kinds[type] : undefined
  }
  return {
    // Nobody gets here with a type that `check` refuses.
    make: (args, seed) => named(args)!.make(args, seed),
    check(args) {
      const type = args.get(TYPE)
      if (type?.type !== 'S' || typeof type.value !== 'string') return { problem: 'no-delayed-type' }
      if (type.value === DELAYED_MESSAGE) return { problem: 'delayed-twice' }
      const kind = named(args)
      return kind === undefined ? { problem: 'unknown-type', type: type.value } : (kind.check?.(args) ?? null)
    },
    checkBinding: (wanted, args) => named(args)?.checkBinding?.(wanted, args) ?? null,
    history: (args) => named(args)?.history?.(args) ?? 0,
    delays: true,
  }
}

/** The milliseconds that a message is to wait; 0 if it is not: the header is absent, negative, too large or no number. */
export function delayOf(headers: MessageHeaders): number {
  const field = headers.header(DELAY)
  const delay = field === undefined ? 0 : wholeOf(field)
  return delay > 0 && delay <= LONGEST_MS ? delay : 0
}

/** The headers when the message's time has come: with the delay negated, so that nobody delays it again. */
export function afterDelay(headers: Table): Table {
  const field = headers.get(DELAY)
  const changed = new Map(headers).set(DELAY, { type: 'l', value: field === undefined ? 0 : -wholeOf(field) })
  return new Map([...changed].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/**
 * As the plugin reads it: whole numbers, fractions cut off, and numbers that are written as text. Also signed bytes, which it takes for none
 * although some clients write small numbers so.
 */
function wholeOf({ type, value }: Field): number {
  if ('bBsuIilL'.includes(type)) return Number(value)
  if (type === 'f' || type === 'd') return Math.trunc(value as number)
  return type === 'S' && typeof value === 'string' && /^[+-]?\d{1,15}$/.test(value) ? Number(value) : 0
}
