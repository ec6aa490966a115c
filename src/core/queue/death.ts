import type { Field, Table } from '../../wire/amqp/field.ts'
import type { DeathReason } from './queue.ts'

/** What is noted about a message that left its queue without being acknowledged. */
export interface Death {
  readonly queue: string
  readonly reason: DeathReason
  /** Milliseconds since 1970. */
  readonly time: number
  /** Where it was published to, and with which keys. */
  readonly exchange: string
  readonly keys: readonly string[]
  /** The message's own expiration, if it had one. */
  readonly expiration: string | undefined
}

const DEATHS = 'x-death'

/**
 * The headers, sorted, with one more death: the latest first in `x-death`, and one entry for each queue and reason, which counts. `ours`
 * says that the `x-death` that is there was made here: what a client wrote itself is no history, and is written over.
 */
export function recordDeath(headers: Table, ours: boolean, death: Death): Table {
  const before = ours ? deathsOf(headers) : []
  const known = before.find((one) => isOf(one, death))
  const others = before.filter((one) => one !== known)
  const entry: Table = known === undefined ? entryOf(death) : counted(known)
  const result = new Map(headers)
  result.set(DEATHS, { type: 'A', value: [entry, ...others].map((value) => ({ type: 'F', value })) })
  const last: readonly (readonly [string, string])[] = [
    ['exchange', textOf(entry, 'exchange')],
    ['queue', death.queue],
    ['reason', death.reason],
  ]
  for (const [name, value] of last) {
    if (before.length === 0) result.set(`x-first-death-${name}`, { type: 'S', value })
  }
  for (const [name, value] of last) result.set(`x-last-death-${name}`, { type: 'S', value })
  return new Map([...result].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/**
 * Whether a message with these headers would come back to a queue that it died in with no client having rejected it since: it would
 * go round for ever.
 */
export function isDeathCycle(headers: Table, queue: string): boolean {
  for (const death of deathsOf(headers)) {
    if (textOf(death, 'reason') === 'rejected') return false
    if (textOf(death, 'queue') === queue) return true
  }
  return false
}

function deathsOf(headers: Table): Table[] {
  const field = headers.get(DEATHS)
  if (field?.type !== 'A') return []
  return field.value.flatMap((one) => (one.type === 'F' ? [one.value] : []))
}

function isOf(entry: Table, death: Death): boolean {
  return textOf(entry, 'queue') === death.queue && textOf(entry, 'reason') === death.reason
}

function textOf(entry: Table, name: string): string {
  const value = entry.get(name)?.value
  return typeof value === 'string' ? value : ''
}

function entryOf(death: Death): Table {
  const entry = new Map<string, Field>()
  if (death.expiration !== undefined) entry.set('original-expiration', { type: 'S', value: death.expiration })
  entry.set('count', { type: 'l', value: 1 })
  entry.set('reason', { type: 'S', value: death.reason })
  entry.set('queue', { type: 'S', value: death.queue })
  entry.set('time', { type: 'T', value: Math.floor(death.time / 1000) })
  entry.set('exchange', { type: 'S', value: death.exchange })
  entry.set('routing-keys', { type: 'A', value: death.keys.map((value) => ({ type: 'S', value })) })
  return entry
}

/** The time of the first death stays. */
function counted(entry: Table): Table {
  const count = Number(entry.get('count')?.value ?? 0)
  return new Map(entry).set('count', { type: 'l', value: count + 1 })
}
