import type { Table } from '../../wire/amqp/field.ts'

/** The header that names a message's filter value. */
export const FILTER_VALUE = 'x-stream-filter-value'

/** What a consumer wants of a stream. */
export interface Filter {
  readonly values: ReadonlySet<string>
  /** Messages without a filter value as well. */
  readonly unfiltered: boolean
}

/** Reads a consumer's arguments: null if it wants everything, undefined if they are not to be understood. */
export function parseFilter(args: Table): Filter | null | undefined {
  const field = args.get('x-stream-filter')
  const unfiltered = args.get('x-stream-match-unfiltered')?.value === true
  if (field === undefined) return null
  if (field.type === 'S' && typeof field.value === 'string') return { values: new Set([field.value]), unfiltered }
  // RabbitMQ passes over what is neither text nor an array.
  if (field.type !== 'A') return null
  const values = new Set<string>()
  for (const { type, value } of field.value) {
    if (type !== 'S' || typeof value !== 'string') return undefined
    values.add(value)
  }
  return { values, unfiltered }
}

/** Whether a message with that filter value, null for none, is wanted. */
export function passes(filter: Filter, value: string | null): boolean {
  return value === null ? filter.unfiltered : filter.values.has(value)
}
