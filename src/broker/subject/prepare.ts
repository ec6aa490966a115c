import {
  MAX_REFERENCES,
  type ParsedSchema,
  parseSchema,
  type SchemaReference as ResolvedReference,
} from '../../core/schema/schema.ts'
import type { Metadata, RuleSet, SchemaContent, SchemaReference, SchemaType } from '../../core/subject/content.ts'
import { readNameFrom, type SubjectName } from '../../core/subject/name.ts'
import { isRefused, REFUSALS, type RegistryRefusal } from '../../core/subject/refusals.ts'
import type { Registry } from '../../core/subject/registry.ts'
import type { SchemaEntry } from '../../core/subject/subject.ts'
import type { Broker } from '../broker.ts'
import type { SubjectStore } from './subject-store.ts'

/** As a reference's version: the newest there is. */
const NEWEST = -1

/** The longest schema, in bytes. */
export const LONGEST_SCHEMA = 2 ** 20

/** A schema as a client sends it. */
export interface SchemaGiven {
  readonly type: string
  readonly schema: string
  readonly references: readonly SchemaReference[]
  readonly metadata: Metadata | null
  readonly ruleSet: RuleSet | null
}

/** A schema that was read, and what the registry keeps of it. */
export interface Prepared {
  readonly parsed: ParsedSchema
  readonly content: SchemaContent
}

/** Reads a schema that is to be with that subject. */
export function prepare(
  broker: Broker,
  name: SubjectName,
  given: SchemaGiven,
  normalize: boolean,
): Prepared | RegistryRefusal {
  if (given.type === 'PROTOBUF') return REFUSALS.noProtobuf()
  if (given.type !== 'AVRO' && given.type !== 'JSON') return REFUSALS.unknownType(given.type)
  const length = Buffer.byteLength(given.schema)
  if (length > LONGEST_SCHEMA) return REFUSALS.tooLarge(length, LONGEST_SCHEMA)
  const parsed = parse(broker.subjects.registry, name.context, given.type, given)
  if (isRefused(parsed)) return parsed
  const { metadata, ruleSet } = given
  const references = given.references.map((one) => pinned(broker.subjects.registry, name.context, one))
  const schema = normalize ? parsed.normalized() : parsed.canonical
  return { parsed, content: { type: given.type, schema, references, metadata, ruleSet } }
}

/** A registered schema, read; a refusal if what it refers to is gone. */
export function parsedOf(broker: Broker, entry: SchemaEntry): ParsedSchema | RegistryRefusal {
  const store = broker.subjects as SubjectStore<ParsedSchema | RegistryRefusal>
  const { content, context } = entry
  return store.parsedOf(entry, () => parse(store.registry, context, content.type, content))
}

/** A reference to the newest version is one to a version: what is newest later is another schema. */
function pinned(registry: Registry, context: string, reference: SchemaReference): SchemaReference {
  if (reference.version !== NEWEST) return reference
  const { version } = registry.subject(readNameFrom(context, reference.subject))!.latest()!
  return { ...reference, version }
}

function parse(
  registry: Registry,
  context: string,
  type: SchemaType,
  { schema, references }: Pick<SchemaContent, 'schema' | 'references'>,
): ParsedSchema | RegistryRefusal {
  const resolved = resolve(registry, context, references)
  if (isRefused(resolved)) return resolved
  const parsed = parseSchema(type, schema, resolved)
  if (!('problem' in parsed)) return parsed
  return REFUSALS.invalidSchema(parsed.path === '' ? parsed.problem : `${parsed.problem} (at ${parsed.path})`)
}

/** Everything that references lead to, each before whoever refers to it, and once. */
export function resolve(
  registry: Registry,
  context: string,
  references: readonly SchemaReference[],
): ResolvedReference[] | RegistryRefusal {
  const found = new Map<string, ResolvedReference>()
  const walk = (from: string, wanted: readonly SchemaReference[]): RegistryRefusal | null => {
    for (const { name, subject, version } of wanted) {
      const told = readNameFrom(from, subject)
      const subjectFound = registry.subject(told)
      const at = version === NEWEST ? subjectFound?.latest() : subjectFound?.get(version)
      if (at === undefined) {
        return REFUSALS.invalidSchema(
          `the reference '${name}' is to version ${version} of subject '${subject}', which is not there`,
        )
      }
      const key = `${name}\n${told.qualified}\n${at.version}`
      if (found.has(key)) continue
      if (found.size >= MAX_REFERENCES)
        return REFUSALS.invalidSchema(`it refers to more than ${MAX_REFERENCES} schemas`)
      const { content, context: within } = at.entry
      found.set(key, { name, subject: told.qualified, version: at.version, schema: content.schema })
      const refusal = walk(within, content.references)
      if (refusal !== null) return refusal
      // Behind what it refers to itself.
      const own = found.get(key)!
      found.delete(key)
      found.set(key, own)
    }
    return null
  }
  return walk(context, references) ?? [...found.values()]
}
