import type { Table } from './field.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

const writer = new Writer()

/** A table as base64 of its bytes on the wire: text that keeps the types, and equal only for equal tables. */
export function tableText(table: Table): string {
  if (table.size === 0) return ''
  writer.clear()
  writer.table(table)
  return Buffer.from(writer.written()).toString('base64')
}

/** What `tableText` was given. */
export function tableFromText(text: string): Table {
  if (text === '') return new Map()
  const bytes = Buffer.from(text, 'base64')
  return new Reader(bytes, 0, bytes.length).table()
}
