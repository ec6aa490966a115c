import type { Json } from '../../core/policy/parameters.ts'
import type { Field, Table } from '../../wire/amqp/field.ts'

/** A field table as RabbitMQ writes it in JSON: what a JSON value can't tell, such as the width of a number, is lost. */
export function jsonOfTable(table: Table): { readonly [key: string]: Json } {
  return Object.fromEntries([...table].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, field]) => [key, json(field)]))
}

function json(field: Field): Json {
  switch (field.type) {
    case 'F':
      return jsonOfTable(field.value)
    case 'A':
      return field.value.map(json)
    case 'D':
      return field.value.digits / 10 ** field.value.scale
    case 'S':
      return typeof field.value === 'string' ? field.value : Buffer.from(field.value).toString('latin1')
    case 'x':
      return Buffer.from(field.value).toString('latin1')
    case 'l':
    case 'L':
    case 'T':
      return Number(field.value)
    default:
      return field.value
  }
}

/** The other way, as RabbitMQ reads it: every whole number is a `long`. */
export function tableOfJson(object: { readonly [key: string]: Json }): Table {
  return new Map(Object.entries(object).map(([key, value]) => [key, field(value)]))
}

function field(value: Json): Field {
  if (typeof value === 'string') return { type: 'S', value }
  if (typeof value === 'boolean') return { type: 't', value }
  if (typeof value === 'number') return Number.isSafeInteger(value) ? { type: 'l', value } : { type: 'd', value }
  if (value === null) return { type: 'V', value }
  if (Array.isArray(value)) return { type: 'A', value: value.map(field) }
  return { type: 'F', value: tableOfJson(value as { readonly [key: string]: Json }) }
}
