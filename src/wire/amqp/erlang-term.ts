import type { Field, Table } from './field.ts'
import { FIELD_TYPE_NAMES } from './field.ts'

/** A field's value as RabbitMQ prints it in its error texts: an Erlang term, `<<"text">>` for a string. */
export function erlangTerm(field: Field): string {
  switch (field.type) {
    case 'S':
    case 'x':
      return erlangBinary(field.value)
    case 'f':
    case 'd':
      return erlangFloat(field.value)
    case 'D':
      return `{${field.value.scale},${field.value.digits}}`
    case 'A':
      return `[${field.value.map((one) => `{${FIELD_TYPE_NAMES[one.type]},${erlangTerm(one)}}`).join(',')}]`
    case 'F':
      return `[${erlangTable(field.value)}]`
    case 'V':
      return 'undefined'
    default:
      return String(field.value)
  }
}

function erlangTable(table: Table): string {
  return [...table]
    .map(([key, field]) => `{${erlangBinary(key)},${FIELD_TYPE_NAMES[field.type]},${erlangTerm(field)}}`)
    .join(',')
}

/** Text with quotes and backslashes escaped; other bytes as numbers. */
function erlangBinary(value: string | Uint8Array): string {
  if (typeof value !== 'string') return `<<${value.join(',')}>>`
  if (value === '') return '<<>>'
  const wide = Buffer.byteLength(value) > value.length ? '/utf8' : ''
  return `<<"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"${wide}>>`
}

/** Always with a point: `5.0`, `1.0e22`. */
function erlangFloat(value: number): string {
  const text = String(value).replace('e+', 'e')
  if (text.includes('.')) return text
  const at = text.indexOf('e')
  return at < 0 ? `${text}.0` : `${text.slice(0, at)}.0${text.slice(at)}`
}
