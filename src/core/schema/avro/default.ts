import { isList, isObject, type Json, MAX_SCHEMA_DEPTH, writeJson } from '../json-text.ts'
import { type AvroType, typeName } from './type.ts'

const INT_MAX = 2_147_483_647
const LONG_MAX = 9_223_372_036_854_775_807n

/** Why a default can't stand for a value of the type, null if it can ("field default values" in the specification). */
export function checkDefault(type: AvroType, value: Json, depth: number): string | null {
  // A record whose fields' defaults lead to itself.
  if (depth > MAX_SCHEMA_DEPTH) return `it is nested more than ${MAX_SCHEMA_DEPTH} levels deep`
  const no = `${shorten(value)} is not a value of ${typeName(type)}`
  switch (type.kind) {
    case 'null':
      return value === null ? null : no
    case 'boolean':
      return typeof value === 'boolean' ? null : no
    case 'int':
      return isWhole(value) && Math.abs(Number(value) + 0.5) <= INT_MAX + 0.5 ? null : no
    case 'long':
      return isWhole(value) && BigInt(value) <= LONG_MAX && BigInt(value) >= -LONG_MAX - 1n ? null : no
    case 'float':
    case 'double':
      return typeof value === 'number' || typeof value === 'bigint' ? null : no
    case 'string':
      return typeof value === 'string' ? null : no
    case 'bytes':
      return isBytes(value) ? null : no
    case 'fixed':
      if (!isBytes(value)) return no
      return value.length === type.size
        ? null
        : `${shorten(value)} has ${value.length} bytes, and the type ${type.size}`
    case 'enum':
      return typeof value === 'string' && type.symbols.includes(value) ? null : no
    case 'array':
      if (!isList(value)) return no
      return first(value.map((item) => checkDefault(type.items, item, depth + 1)))
    case 'map':
      if (!isObject(value)) return no
      return first(Object.values(value).map((item) => checkDefault(type.values, item, depth + 1)))
    case 'union':
      // Up to 1.11 it is a value of the first branch, since 1.12 of any.
      return type.branches.some((branch) => checkDefault(branch, value, depth + 1) === null) ? null : noBranch(value)
    case 'record':
      if (!isObject(value)) return no
      return first(
        type.fields.map((field) => {
          const given = Object.hasOwn(value, field.name) ? value[field.name] : field.default
          if (given === undefined) return `the field ${JSON.stringify(field.name)} has no value`
          return checkDefault(field.type, given, depth + 1)
        }),
      )
  }
}

function noBranch(value: Json): string {
  return `${shorten(value)} is a value of none of the union's types`
}

function first(problems: readonly (string | null)[]): string | null {
  return problems.find((problem) => problem !== null) ?? null
}

/** Bytes in a default are characters up to 255. */
function isBytes(value: Json): value is string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: every byte is a character here.
  return typeof value === 'string' && /^[\u0000-\u00ff]*$/.test(value)
}

function isWhole(value: Json): value is number | bigint {
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))
}

function shorten(value: Json): string {
  const text = writeJson(value)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}
