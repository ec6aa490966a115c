import type { Field } from '../../wire/amqp/field.ts'
import { parseAge } from './age.ts'

/** Where a consumer wants to begin. */
export type Start =
  | { readonly at: 'first' }
  | { readonly at: 'last' }
  | { readonly at: 'next' }
  | { readonly at: 'offset'; readonly offset: number }
  | { readonly at: 'time'; readonly time: number }

/** Reads `x-stream-offset`; null if it is nothing of the kind. Without one a consumer begins with the next message. */
export function parseStart(field: Field | undefined, now: number): Start | null {
  if (field === undefined) return { at: 'next' }
  const { type, value } = field
  if (type === 'T') return { at: 'time', time: Number(value) * 1000 }
  if ('bBsuIilL'.includes(type)) return { at: 'offset', offset: Math.max(0, Number(value)) }
  if (type !== 'S' || typeof value !== 'string') return null
  if (value === 'first' || value === 'last' || value === 'next') return { at: value } as Start
  const age = parseAge(value)
  return age === null ? null : { at: 'time', time: now - age }
}
