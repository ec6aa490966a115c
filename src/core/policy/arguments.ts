import type { Field, Table } from '../../wire/amqp/field.ts'
import { merged, POLICY_KEYS } from './keys.ts'
import type { Json } from './parameters.ts'
import type { Settings } from './policy.ts'

/** Settings of which the policy's counts in a quorum queue, whatever it was declared with. */
const FIRST_IN_QUORUM = ['overflow']

/** The arguments that a queue works with: those it was declared with, and what its policy says. */
export function effectiveArguments(declared: Table, type: string, definition: Settings | null): Table {
  if (definition === null) return declared
  const together = new Map(declared)
  for (const [name, value] of Object.entries(definition)) {
    const key = POLICY_KEYS[name]
    if (key === undefined) continue
    const own = declared.get(`x-${name}`)
    const how = type === 'quorum' && FIRST_IN_QUORUM.includes(name) ? 'second' : key.withArgument
    const field = fieldOf(own === undefined ? value : merged(how, plain(own), value))
    if (field !== null) together.set(`x-${name}`, field)
  }
  return together
}

function plain(field: Field): Json {
  return typeof field.value === 'bigint' ? Number(field.value) : (field.value as Json)
}

function fieldOf(value: Json): Field | null {
  if (typeof value === 'string') return { type: 'S', value }
  if (typeof value === 'number') return { type: 'l', value }
  return typeof value === 'boolean' ? { type: 't', value } : null
}
