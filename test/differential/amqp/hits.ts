import type { Field } from '../../../src/wire/amqp/field.ts'
import type { Command } from './command.ts'

/** How often each method, flag and argument was tried: what was hardly tried was not compared. */
export class Hits {
  private readonly counts = new Map<string, number>()

  add(command: Command): void {
    this.count(command.verb)
    const { seat: _, verb, ...rest } = command
    for (const [name, value] of Object.entries(rest)) {
      if (value === true) this.count(`${verb} ${name}`)
      else if (value instanceof Map) this.addTable(verb, value)
    }
    if (command.verb === 'exchange.declare') this.count(`exchange.declare type ${command.type}`)
    if (command.verb === 'basic.publish') this.addProperties(command.properties)
    if ('which' in command && typeof command.which === 'string') this.count(`${verb} ${command.which}`)
  }

  private addTable(verb: string, table: ReadonlyMap<string, Field>): void {
    for (const [name, { value }] of table) {
      const word = name === 'x-queue-type' || name === 'x-overflow' || name === 'x-match'
      this.count(`${verb} ${name}${word ? ` ${value}` : ''}`)
    }
  }

  private addProperties(properties: Readonly<Record<string, unknown>>): void {
    for (const [name, value] of Object.entries(properties)) {
      this.count(`basic.publish ${name}`)
      if (value instanceof Map) this.addTable('basic.publish', value)
    }
  }

  private count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1)
  }

  /** Sorted by name; `least` is the smallest count of all. */
  lines(): string[] {
    return [...this.counts].sort(([x], [y]) => (x < y ? -1 : 1)).map(([what, n]) => `${String(n).padStart(7)} ${what}`)
  }

  /** What was tried fewer than so many times. */
  rare(least: number): string[] {
    return [...this.counts].filter(([, n]) => n < least).map(([what, n]) => `${what}: ${n}`)
  }
}
