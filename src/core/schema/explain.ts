import { changesOfAvro } from './avro/changes.ts'
import { Changes } from './changes.ts'
import type { Incompatibility } from './incompatibility.ts'
import { changesOfJson } from './json/changes.ts'
import { type CompatibilityPolicy, compareSchemas, type ParsedSchema } from './schema.ts'

/** A changed schema for people. */
export interface Explanation {
  /** What changed, a sentence each; empty if nothing that matters did. */
  readonly changes: readonly string[]
  /** What keeps readers with the newer schema from data of the older. */
  readonly backward: readonly Incompatibility[]
  /** What keeps readers with the older schema from data of the newer. */
  readonly forward: readonly Incompatibility[]
  /** All that as lines of text. */
  readonly text: string
}

/** Tells in words what changed from one schema to another, who can go on reading what, and what to do about it. */
export function explainChange(
  older: ParsedSchema,
  newer: ParsedSchema,
  policy: CompatibilityPolicy = 'STRICT',
): Explanation {
  const changes = new Changes()
  if (older.type === 'AVRO' && newer.type === 'AVRO') changesOfAvro(changes, older.root, newer.root, '')
  else if (older.type === 'JSON' && newer.type === 'JSON') changesOfJson(changes, older.root, newer.root, '')
  else changes.tell('', `is of the type ${newer.type}, and was of the type ${older.type}`)
  const backward = compareSchemas(newer, older, policy, { reader: 'new', writer: 'old' })
  const forward = compareSchemas(older, newer, policy, { reader: 'old', writer: 'new' })
  return { changes: changes.told, backward, forward, text: textOf(changes.told, backward, forward) }
}

function textOf(
  changes: readonly string[],
  backward: readonly Incompatibility[],
  forward: readonly Incompatibility[],
): string {
  const lines = changes.length === 0 ? ['Nothing changed that data depends on.'] : [...changes]
  lines.push('', verdict('Consumers with the new schema', 'what was written with the old one', backward))
  for (const { message, advice } of backward) lines.push(`  - ${message}. ${advice}`)
  lines.push(verdict('Consumers with the old schema', 'what is written with the new one', forward))
  for (const { message, advice } of forward) lines.push(`  - ${message}. ${advice}`)
  lines.push(`Levels that take it: ${levels(backward.length === 0, forward.length === 0)}.`)
  return lines.join('\n')
}

function verdict(who: string, what: string, found: readonly Incompatibility[]): string {
  return found.length === 0 ? `${who} read ${what}.` : `${who} can't read all of ${what}:`
}

function levels(backward: boolean, forward: boolean): string {
  if (backward && forward) return 'BACKWARD, FORWARD, FULL'
  if (backward) return 'BACKWARD'
  return forward ? 'FORWARD' : 'NONE alone'
}
