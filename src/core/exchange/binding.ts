import type { Table } from '../../wire/amqp/field.ts'
import { tableText } from '../../wire/amqp/table-text.ts'
import type { Destination } from './destination.ts'

/** What leads a message from an exchange to a queue or to another exchange. */
export interface Binding<Source extends Destination = Destination> {
  /** Never used twice within a broker. */
  readonly id: number
  readonly source: Source
  readonly destination: Destination
  readonly key: string
  readonly args: Table
}

/**
 * Two bindings are the same if they lead from the same exchange to the same destination with the same key and the same
 * arguments, types included, in whatever order: then this text is the same.
 */
export function bindingIdentity(kind: 'queue' | 'exchange', name: string, key: string, args: Table): string {
  const sorted = args.size < 2 ? args : new Map([...args].sort(([a], [b]) => (a < b ? -1 : 1)))
  return `${kind}\0${name}\0${key}\0${tableText(sorted)}`
}

/** Sorts bindings by where they lead, then by age: an order that outlasts a restart. */
export function isBefore(a: Binding, b: Binding): boolean {
  if (a.destination.name !== b.destination.name) return a.destination.name < b.destination.name
  return a.id < b.id
}
