import type { Json } from '../core/policy/parameters.ts'

/** Objects as a table for people: a column for each key, as wide as it has to be. */
export function table(rows: readonly Json[]): string {
  const objects = rows as readonly { readonly [key: string]: Json }[]
  if (objects.length === 0) return ''
  const columns = Object.keys(objects[0]!)
  const cells = [columns, ...objects.map((row) => columns.map((column) => cell(row[column])))]
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => row[i]!.length)))
  return cells
    .map(
      (row) =>
        `${row
          .map((text, i) => text.padEnd(widths[i]!))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}

/** One line, whatever it is. */
function cell(value: Json | undefined): string {
  if (value === undefined || value === null) return ''
  if (typeof value !== 'object') return String(value).replace(/\p{Cc}/gu, ' ')
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value.join(',')
  return JSON.stringify(value)
}
