/**
 * The values of a field table, each with RabbitMQ's type letter, which a decoded value keeps so that encoding it gives the
 * same bytes again. `l`, `L` and `T` are numbers unless they are beyond 2^53, then bigints.
 */
export type Field =
  | { readonly type: 't'; readonly value: boolean }
  | { readonly type: 'b' | 'B' | 's' | 'u' | 'I' | 'i' | 'f' | 'd'; readonly value: number }
  | { readonly type: 'l' | 'L' | 'T'; readonly value: number | bigint }
  | { readonly type: 'D'; readonly value: Decimal }
  | { readonly type: 'S'; readonly value: string | Uint8Array }
  | { readonly type: 'A'; readonly value: readonly Field[] }
  | { readonly type: 'F'; readonly value: Table }
  | { readonly type: 'V'; readonly value: null }
  | { readonly type: 'x'; readonly value: Uint8Array }

/** `digits` x 10^-`scale`. */
export interface Decimal {
  readonly scale: number
  readonly digits: number
}

/** In the order of the wire. */
export type Table = ReadonlyMap<string, Field>

export const EMPTY_TABLE: Table = new Map()

/** The names that RabbitMQ's error texts give to the types. */
export const FIELD_TYPE_NAMES = {
  t: 'bool',
  b: 'byte',
  B: 'unsignedbyte',
  s: 'short',
  u: 'unsignedshort',
  I: 'signedint',
  i: 'unsignedint',
  l: 'long',
  L: 'long',
  f: 'float',
  d: 'double',
  D: 'decimal',
  S: 'longstr',
  A: 'array',
  T: 'timestamp',
  F: 'table',
  V: 'void',
  x: 'binary',
} as const satisfies Record<Field['type'], string>

/** A table as plain objects give it: strings as `S`, whole numbers as `I` or `l`, others as `d`, booleans as `t`. */
export function tableOf(entries: Readonly<Record<string, string | number | boolean | Field | Table>>): Table {
  const table = new Map<string, Field>()
  for (const [key, value] of Object.entries(entries)) table.set(key, fieldOf(value))
  return table
}

function fieldOf(value: string | number | boolean | Field | Table): Field {
  if (typeof value === 'string') return { type: 'S', value }
  if (typeof value === 'boolean') return { type: 't', value }
  if (typeof value !== 'number') return value instanceof Map ? { type: 'F', value } : (value as Field)
  if (!Number.isSafeInteger(value)) return { type: 'd', value }
  return value === (value | 0) ? { type: 'I', value } : { type: 'l', value }
}
