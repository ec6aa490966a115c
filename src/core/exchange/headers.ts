import type { Field, Table } from '../../wire/amqp/field.ts'
import type { Binding } from './binding.ts'
import type { Bindings, MessageHeaders } from './bindings.ts'
import type { Destination } from './destination.ts'
import type { ExchangeKind } from './kind.ts'
import { fault } from './problem.ts'
import { sameTerm, termClass } from './term.ts'

const EVERY = ['all', 'any', 'all-with-x', 'any-with-x'] as const
/** How many of a binding's arguments must match, and whether those that start with `x-` count. */
type HeadersMatch = (typeof EVERY)[number]

export const HEADERS: ExchangeKind = {
  make: () => new HeadersBindings(),
  checkBinding({ args }) {
    const match = args.get('x-match')
    return match === undefined || headersMatchOf(args) !== undefined ? null : fault('x-match', match)
  },
}

/** The `x-match` that the arguments ask for, `all` if they don't; undefined if there is no such one. */
function headersMatchOf(args: Table): HeadersMatch | undefined {
  const field = args.get('x-match')
  if (field === undefined) return 'all'
  return field.type === 'S' ? EVERY.find((one) => one === field.value) : undefined
}

interface Rule {
  readonly destination: Destination
  readonly any: boolean
  readonly criteria: Table
  /** The lists that it is in: of one of its criteria if all must match, else of each. */
  readonly lists: Set<Rule>[]
}

/** Rules by the class of the value that a header must have, see `termClass`; those that only ask that it is there under ''. */
type ByValue = Map<string, Set<Rule>>

/**
 * A message goes where its headers equal the binding's arguments: all of them or any, as the binding's `x-match` says. Only bindings
 * that have a criterion in common with the message are looked at.
 */
export class HeadersBindings implements Bindings {
  readonly keys = 'first'
  readonly varies = false
  private readonly rules = new Map<Binding, Rule>()
  private readonly byHeader = new Map<string, ByValue>()
  /** Rules without criteria: of nothing at all, all match and none does. */
  private readonly always = new Set<Rule>()

  bind(binding: Binding): void {
    const match = headersMatchOf(binding.args) ?? 'all'
    const withX = match === 'all-with-x' || match === 'any-with-x'
    const criteria = [...binding.args].filter(([name]) => name !== 'x-match' && (withX || !name.startsWith('x-')))
    const any = match === 'any' || match === 'any-with-x'
    const found = criteria.map(([name, wanted]) => this.listOf(name, wanted))
    let lists = found
    if (!any) lists = found.length === 0 ? [this.always] : [shortest(found)]
    const rule = { destination: binding.destination, any, criteria: new Map(criteria), lists }
    for (const list of lists) list.add(rule)
    this.rules.set(binding, rule)
  }

  unbind(binding: Binding): void {
    const rule = this.rules.get(binding)
    if (rule === undefined) return
    this.rules.delete(binding)
    for (const list of rule.lists) list.delete(rule)
    for (const [name, wanted] of rule.criteria) this.drop(name, wanted)
  }

  route(_key: string, headers: MessageHeaders, out: Destination[]): void {
    if (this.rules.size === 0) return
    const table = headers.headers()
    for (const rule of this.always) out.push(rule.destination)
    if (this.byHeader.size === 0) return
    for (const [name, field] of table) {
      const byValue = this.byHeader.get(name)
      if (byValue === undefined) continue
      const value = inMilliseconds(field)
      take(byValue.get(''), table, out)
      take(byValue.get(termClass(value)), table, out)
    }
  }

  private listOf(name: string, wanted: Field): Set<Rule> {
    let byValue = this.byHeader.get(name)
    if (byValue === undefined) this.byHeader.set(name, (byValue = new Map()))
    const value = classOf(wanted)
    let list = byValue.get(value)
    if (list === undefined) byValue.set(value, (list = new Set()))
    return list
  }

  private drop(name: string, wanted: Field): void {
    const byValue = this.byHeader.get(name)
    const value = classOf(wanted)
    if (byValue?.get(value)?.size === 0) byValue.delete(value)
    if (byValue?.size === 0) this.byHeader.delete(name)
  }
}

/** A criterion without a value asks only that the header is there. */
function classOf(wanted: Field): string {
  return wanted.type === 'V' ? '' : termClass(wanted)
}

function shortest(lists: readonly Set<Rule>[]): Set<Rule> {
  return lists.reduce((best, list) => (list.size < best.size ? list : best))
}

function take(rules: Set<Rule> | undefined, headers: Table, out: Destination[]): void {
  if (rules === undefined) return
  for (const rule of rules) if (matches(rule, headers)) out.push(rule.destination)
}

function matches(rule: Rule, headers: Table): boolean {
  for (const [name, wanted] of rule.criteria) {
    const field = headers.get(name)
    const match = field !== undefined && (wanted.type === 'V' || sameTerm(wanted, inMilliseconds(field)))
    if (match === rule.any) return rule.any
  }
  return !rule.any
}

/** RabbitMQ counts a message's timestamps in milliseconds before it compares them, but not those of bindings. */
function inMilliseconds(field: Field): Field {
  return field.type === 'T' ? { type: 'l', value: Number(field.value) * 1000 } : field
}
