import type { Field } from '../../../src/wire/amqp/field.ts'
import type { Hits } from '../hits.ts'
import { isWrong } from './arguments.ts'
import type { Command } from './command.ts'

/** Arguments whose values are words with a meaning of their own. */
const WORDS = ['x-queue-type', 'x-overflow', 'x-match', 'x-delayed-retry-type']

/** Counts the method, and each flag, argument and property that it brings. */
export function countCommand(command: Command, hits: Hits): void {
  const { seat: _, verb, ...rest } = command
  hits.count(verb)
  for (const [name, value] of Object.entries(rest)) {
    if (value === true) hits.count(`${verb} ${name}`)
    else if (value instanceof Map) countTable(verb, value, hits)
  }
  if (command.verb === 'log in') hits.count(`log in ${command.user}`)
  if (command.verb === 'policy.set') {
    hits.count(`policy.set apply-to ${command.applyTo}`)
    for (const key of Object.keys(command.definition)) hits.count(`policy.set ${key}`)
  }
  if (command.verb === 'exchange.declare') hits.count(`exchange.declare type ${command.type}`)
  if ('which' in command && typeof command.which === 'string') hits.count(`${verb} ${command.which}`)
  if (command.verb !== 'basic.publish') return
  for (const [name, value] of Object.entries(command.properties)) {
    hits.count(`basic.publish ${name}`)
    if (value instanceof Map) countTable(verb, value, hits)
  }
}

function countTable(verb: string, table: ReadonlyMap<string, Field>, hits: Hits): void {
  for (const [name, field] of table) hits.count(`${verb} ${name}${WORDS.includes(name) ? ` ${wordOf(field)}` : ''}`)
}

/** Of what is wrong there is no end: it counts as one. */
function wordOf(field: Field): string {
  return isWrong(field) ? '(wrong)' : String(field.value)
}
