import type { Table } from '../../wire/amqp/field.ts'
import { Writer } from '../../wire/amqp/writer.ts'
import type { Destination } from './destination.ts'
import type { Exchange } from './exchange.ts'

/** What leads a message from an exchange to a queue or to another exchange. */
export interface Binding {
  /** Never used twice within a broker. */
  readonly id: number
  readonly source: Exchange
  readonly destination: Destination
  readonly key: string
  readonly args: Table
}

const writer = new Writer()

/**
 * Two bindings are the same if they lead from the same exchange to the same destination with the same key and the same
 * arguments, types included, in whatever order: then this text is the same.
 */
export function bindingIdentity(kind: 'queue' | 'exchange', name: string, key: string, args: Table): string {
  let text = `${kind}\0${name}\0${key}`
  if (args.size === 0) return text
  writer.clear()
  writer.table(new Map([...args].sort(([a], [b]) => (a < b ? -1 : 1))))
  text += `\0${Buffer.from(writer.written()).toString('base64')}`
  return text
}
