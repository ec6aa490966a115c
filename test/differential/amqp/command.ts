import { erlangTerm } from '../../../src/wire/amqp/erlang-term.ts'
import type { Field, Table } from '../../../src/wire/amqp/field.ts'
import type { Properties } from '../../../src/wire/amqp/properties.ts'

/** A channel of one of the two connections: `a1` is the first channel of connection a. */
export type Seat = 'a1' | 'a2' | 'b1'

export const SEATS: readonly Seat[] = ['a1', 'a2', 'b1']

/** One thing a client does. What it refers to need not exist: that is half of the sense. */
export type Command = { readonly seat: Seat } & (
  | {
      readonly verb: 'queue.declare'
      readonly queue: string
      readonly passive: boolean
      readonly durable: boolean
      readonly exclusive: boolean
      readonly autoDelete: boolean
      readonly args: Table
    }
  | { readonly verb: 'queue.delete'; readonly queue: string; readonly ifUnused: boolean; readonly ifEmpty: boolean }
  | { readonly verb: 'queue.purge'; readonly queue: string }
  | {
      readonly verb: 'queue.bind' | 'queue.unbind'
      readonly queue: string
      readonly exchange: string
      readonly key: string
      readonly args: Table
    }
  | {
      readonly verb: 'exchange.declare'
      readonly exchange: string
      readonly type: string
      readonly passive: boolean
      readonly durable: boolean
      readonly autoDelete: boolean
      readonly internal: boolean
      readonly args: Table
    }
  | { readonly verb: 'exchange.delete'; readonly exchange: string; readonly ifUnused: boolean }
  | {
      readonly verb: 'exchange.bind' | 'exchange.unbind'
      readonly source: string
      readonly destination: string
      readonly key: string
      readonly args: Table
    }
  | {
      readonly verb: 'basic.publish'
      readonly exchange: string
      readonly key: string
      readonly mandatory: boolean
      readonly properties: Properties
      readonly body: string
    }
  | { readonly verb: 'basic.get'; readonly queue: string; readonly noAck: boolean }
  | {
      readonly verb: 'basic.consume'
      readonly queue: string
      readonly tag: string
      readonly noAck: boolean
      readonly exclusive: boolean
      readonly args: Table
    }
  | { readonly verb: 'basic.cancel'; readonly tag: string }
  | {
      /** Settles the delivery number `nth` of those that this seat has not settled, all of them, or one that never was. */
      readonly verb: 'basic.ack' | 'basic.nack' | 'basic.reject'
      readonly which: number | 'all' | 'unknown'
      readonly requeue: boolean
    }
  | { readonly verb: 'basic.qos'; readonly prefetch: number; readonly global: boolean }
  | { readonly verb: 'basic.recover' | 'basic.recover-async'; readonly requeue: boolean }
  | {
      readonly verb: 'confirm.select' | 'tx.select' | 'tx.commit' | 'tx.rollback' | 'channel.close' | 'connection.close'
    }
  | { /** The seat's connection ends, and the next is this user's. */ readonly verb: 'log in'; readonly user: User }
  | ({ /** An operator sets it, or an operator policy. */ readonly verb: 'policy.set' } & Policy)
  | { readonly verb: 'policy.clear'; readonly name: string; readonly operator: boolean }
  | { /** Lets time pass, for what expires. */ readonly verb: 'wait'; readonly ms: number }
)

/** `some` may do some things to some queues and exchanges: see admin.ts. */
export type User = 'guest' | 'some'

/** A policy as RabbitMQ's operators write it. */
export interface Policy {
  readonly name: string
  readonly operator: boolean
  readonly pattern: string
  readonly definition: Readonly<Record<string, string | number>>
  readonly priority: number
  readonly applyTo: string
}

export type Verb = Command['verb']

/** A command as a line that one can read, and compare. */
export function describeCommand(command: Command): string {
  const { seat, verb, ...rest } = command
  const words = Object.entries(rest).flatMap(([name, value]) => (value === false ? [] : [`${name}=${show(value)}`]))
  return `${seat} ${verb} ${words.join(' ')}`
}

function show(value: unknown): string {
  if (value instanceof Map) return showTable(value as Table)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).map(([name, one]) => `${name}: ${show(one)}`)
  return `{${entries.join(', ')}}`
}

/** In the order of the names: RabbitMQ writes the headers of some messages anew, in an order of its own. */
export function showTable(table: Table): string {
  const sorted = [...table].sort(([x], [y]) => (x < y ? -1 : 1))
  return `{${sorted.map(([key, field]) => `${key}: ${field.type} ${showField(field)}`).join(', ')}}`
}

function showField(field: Field): string {
  if (field.type === 'F') return showTable(field.value)
  if (field.type === 'A') return `[${field.value.map(showField).join(', ')}]`
  if (field.type === 'S' && typeof field.value === 'string') return JSON.stringify(field.value)
  return erlangTerm(field)
}
