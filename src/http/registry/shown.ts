import type { SchemaEntry, SchemaVersion } from '../../core/subject/subject.ts'

/**
 * A schema under its subject, as clients get it. Those that take what they don't know get all there is; others what there has been since the
 * beginning.
 */
export function shownVersion({ subject, version, entry, deleted }: SchemaVersion, all: boolean): object {
  return {
    subject: subject.qualified,
    version,
    id: entry.id,
    ...(all ? { guid: entry.guid } : {}),
    ...shownSchema(entry),
    ...(all && deleted ? { deleted } : {}),
  }
}

/** A schema by itself. Without a type it is Avro, once the only one. */
export function shownSchema({ content }: SchemaEntry): object {
  const { type, schema, references, metadata, ruleSet } = content
  return {
    ...(type === 'AVRO' ? {} : { schemaType: type }),
    ...(references.length === 0 ? {} : { references }),
    ...(metadata === null ? {} : { metadata }),
    ...(ruleSet === null ? {} : { ruleSet }),
    schema,
  }
}
