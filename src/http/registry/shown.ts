import type { SchemaContent } from '../../core/subject/content.ts'
import type { SchemaEntry, SchemaVersion } from '../../core/subject/subject.ts'

/**
 * A schema under its subject, as clients get it. Those that take what they don't know get all there is; others what there has been since the
 * beginning, in which Avro was the only type.
 */
export function shownVersion({ subject, version, entry, time, deleted }: SchemaVersion, all: boolean): object {
  return {
    subject: subject.qualified,
    version,
    id: entry.id,
    ...shownSchema(entry, all),
    ...(all ? { ts: time, deleted } : {}),
  }
}

/** A schema by itself. */
export function shownSchema({ guid, content }: SchemaEntry, all: boolean): object {
  const { type, schema, references, metadata, ruleSet }: SchemaContent = content
  return {
    ...(all ? { guid } : {}),
    ...(all || type !== 'AVRO' ? { schemaType: type } : {}),
    ...(references.length === 0 ? {} : { references }),
    ...(metadata === null ? {} : { metadata }),
    ...(ruleSet === null ? {} : { ruleSet }),
    schema,
  }
}
