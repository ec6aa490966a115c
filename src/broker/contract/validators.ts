import type { SchemaEntry } from '../../core/subject/subject.ts'

/** Validators that are kept, the least used going first. */
const MOST_VALIDATORS = 256

/** Says why `bytes[at, end)` are no data of a schema, null if they are. */
export type Validator = (bytes: Uint8Array, at: number, end: number) => string | null

interface Made {
  /** The text that it was made of: an id may be given another one by an import. */
  readonly schema: string
  readonly validator: Validator
}

/** What looks into bodies, made once for each schema. */
export class Validators {
  private readonly made = new Map<SchemaEntry, Made>()

  /** One that was made before: making one takes milliseconds. */
  known(entry: SchemaEntry): Validator | undefined {
    const found = this.made.get(entry)
    return found?.schema === entry.content.schema ? found.validator : undefined
  }

  add(entry: SchemaEntry, validator: Validator): void {
    this.made.delete(entry)
    this.made.set(entry, { schema: entry.content.schema, validator })
    if (this.made.size <= MOST_VALIDATORS) return
    const [oldest] = this.made.keys()
    this.made.delete(oldest!)
  }
}
