import { Registry } from '../../core/subject/registry.ts'
import type { SchemaEntry } from '../../core/subject/subject.ts'

/** Schemas that are kept parsed. */
const MOST_PARSED = 256

/** The registry, and how far the journal has to be durable for what is said of it. */
export class SubjectStore<Parsed = unknown> {
  readonly registry = new Registry()
  position = 0
  /** What was parsed last, the oldest first. */
  private readonly parsed = new Map<SchemaEntry, { readonly schema: string; readonly parsed: Parsed }>()

  /** The schema of an entry as `parse` makes it, or as it was made before. */
  parsedOf(entry: SchemaEntry, parse: () => Parsed): Parsed {
    const { schema } = entry.content
    const known = this.parsed.get(entry)
    this.parsed.delete(entry)
    const one = known?.schema === schema ? known : { schema, parsed: parse() }
    this.parsed.set(entry, one)
    if (this.parsed.size > MOST_PARSED)
      for (const oldest of this.parsed.keys()) {
        this.parsed.delete(oldest)
        break
      }
    return one.parsed
  }
}
