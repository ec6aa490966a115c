import type { Field, Table } from '../../wire/amqp/field.ts'
import type { Binding } from './binding.ts'
import type { Bindings, MessageHeaders } from './bindings.ts'
import type { Destination } from './destination.ts'
import { sameTerm } from './term.ts'

const EVERY = ['all', 'any', 'all-with-x', 'any-with-x'] as const
/** How many of a binding's arguments must match, and whether those that start with `x-` count. */
export type HeadersMatch = (typeof EVERY)[number]

/** The `x-match` that the arguments ask for, `all` if they don't; undefined if there is no such one. */
export function headersMatchOf(args: Table): HeadersMatch | undefined {
  const field = args.get('x-match')
  if (field === undefined) return 'all'
  return field.type === 'S' ? EVERY.find((one) => one === field.value) : undefined
}

interface Rule {
  readonly destination: Destination
  readonly any: boolean
  readonly criteria: Table
}

/** A message goes where its headers equal the binding's arguments: all of them or any, as the binding's `x-match` says. */
export class HeadersBindings implements Bindings {
  private readonly rules = new Map<Binding, Rule>()

  bind(binding: Binding): void {
    const match = headersMatchOf(binding.args) ?? 'all'
    const withX = match === 'all-with-x' || match === 'any-with-x'
    const criteria = [...binding.args].filter(([name]) => name !== 'x-match' && (withX || !name.startsWith('x-')))
    const any = match === 'any' || match === 'any-with-x'
    this.rules.set(binding, { destination: binding.destination, any, criteria: new Map(criteria) })
  }

  unbind(binding: Binding): void {
    this.rules.delete(binding)
  }

  route(_key: string, headers: MessageHeaders, out: Destination[]): void {
    if (this.rules.size === 0) return
    const table = headers.headers()
    for (const rule of this.rules.values()) if (matches(rule, table)) out.push(rule.destination)
  }
}

/** Of no criteria at all, all match and none does: `all` takes every message then and `any` not one. */
function matches(rule: Rule, headers: Table): boolean {
  for (const [name, wanted] of rule.criteria) {
    const field = headers.get(name)
    // A criterion without a value asks only that the header is there.
    const match = field !== undefined && (wanted.type === 'V' || sameTerm(wanted, inMilliseconds(field)))
    if (match === rule.any) return rule.any
  }
  return !rule.any
}

/** RabbitMQ counts a message's timestamps in milliseconds before it compares them, but not those of bindings. */
function inMilliseconds(field: Field): Field {
  return field.type === 'T' ? { type: 'l', value: Number(field.value) * 1000 } : field
}
