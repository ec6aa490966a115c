import { isObject, type Json, type JsonObject } from '../json-text.ts'
import type { LogicalType, PrimitiveName } from './type.ts'

/** Which types each logical type may annotate ("Logical Types" in the specification). Sizes are those of a fixed. */
const FITS: Readonly<Record<string, { readonly kinds: readonly PrimitiveName[]; readonly size?: number | 'any' }>> = {
  decimal: { kinds: ['bytes'], size: 'any' },
  'big-decimal': { kinds: ['bytes'] },
  uuid: { kinds: ['string'], size: 16 },
  date: { kinds: ['int'] },
  'time-millis': { kinds: ['int'] },
  'time-micros': { kinds: ['long'] },
  'timestamp-millis': { kinds: ['long'] },
  'timestamp-micros': { kinds: ['long'] },
  'timestamp-nanos': { kinds: ['long'] },
  'local-timestamp-millis': { kinds: ['long'] },
  'local-timestamp-micros': { kinds: ['long'] },
  'local-timestamp-nanos': { kinds: ['long'] },
  duration: { kinds: [], size: 12 },
}

/**
 * The logical type of a primitive type or of a fixed of a size. Null where there is none, where nobody knows it, or where it does not fit: the
 * underlying type is read then.
 */
export function logicalType(schema: Json, kind: PrimitiveName | 'fixed', size: number): LogicalType | null {
  if (!isObject(schema)) return null
  const name = schema.logicalType
  if (typeof name !== 'string' || !Object.hasOwn(FITS, name)) return null
  const fits = FITS[name]
  if (kind === 'fixed' ? fits.size !== 'any' && fits.size !== size : !fits.kinds.includes(kind)) return null
  if (name !== 'decimal') return { name, precision: 0, scale: 0 }
  return decimal(schema, kind === 'fixed' ? size : null)
}

function decimal(schema: JsonObject, size: number | null): LogicalType | null {
  const { precision, scale = 0 } = schema
  if (!isWhole(precision) || precision < 1 || !isWhole(scale) || scale < 0 || scale > precision) return null
  // A fixed of n bytes holds floor(log10(2^(8n-1) - 1)) digits.
  if (size !== null && precision > Math.floor(Math.log10(2) * (8 * size - 1))) return null
  return { name: 'decimal', precision, scale }
}

function isWhole(value: Json | undefined): value is number {
  return typeof value === 'number' && Number.isInteger(value)
}
