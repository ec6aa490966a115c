/** What keeps data that one schema writes from being read by another. */
export interface Incompatibility {
  /** As Confluent's registry names it, e.g. `READER_FIELD_MISSING_DEFAULT_VALUE`. */
  readonly kind: string
  /** Where in the reader's schema: a JSON pointer, with `#` in front for JSON Schema. */
  readonly path: string
  /** What is wrong, in the words of Confluent's registry. */
  readonly message: string
  /** What it is about, e.g. the field's name; empty if the path says it all. */
  readonly subject: string
  /** What to change so that it fits. */
  readonly advice: string
}

/** What the two schemas are called in messages: backwards the new one reads, forwards the old one. */
export interface Sides {
  readonly reader: string
  readonly writer: string
}

/** The most that a comparison tells. Beyond them nobody reads, and a schema may have thousands. */
export const MAX_INCOMPATIBILITIES = 100

/** The incompatibility in one line, as Confluent's registry gives it to who asks for verbose answers. */
export function describeIncompatibility(found: Incompatibility): string {
  const more = found.subject === '' ? '' : `, additionalInfo:'${found.subject}'`
  return `{errorType:'${found.kind}', description:'${found.message}'${more}}`
}
