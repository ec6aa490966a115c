import type { SchemaGiven } from '../../broker/subject/prepare.ts'
import type { SchemaReference } from '../../core/subject/content.ts'
import { ArgumentError, type Arguments, need, optional } from '../control/command.ts'

/** The schema that a command brings. JSON Schema is told by what only stands there, unless `--type` says. @throws ArgumentError */
export function schemaFrom(args: Arguments): SchemaGiven {
  const schema = need(args, 'schema')
  return {
    type: optional(args, 'type')?.toUpperCase() ?? typeOf(schema),
    schema,
    references: referencesFrom(optional(args, 'references') ?? '[]'),
    metadata: null,
    ruleSet: null,
  }
}

function typeOf(schema: string): string {
  return /"(\$schema|\$id|\$ref|\$defs|properties|anyOf|oneOf|allOf)"\s*:/.test(schema) ? 'JSON' : 'AVRO'
}

function referencesFrom(text: string): SchemaReference[] {
  const wrong = new ArgumentError(
    `'references' is a list such as [{"name": "…", "subject": "…", "version": 1}]: ${text}`,
  )
  let list: unknown
  try {
    list = JSON.parse(text)
  } catch {
    throw wrong
  }
  if (!Array.isArray(list)) throw wrong
  return list.map(({ name, subject, version }: SchemaReference) => {
    if (typeof name !== 'string' || typeof subject !== 'string' || !Number.isInteger(version)) throw wrong
    return { name, subject, version }
  })
}
