import { compareAvro } from './avro/compare.ts'
import { AvroParser } from './avro/parse.ts'
import { type AvroType, isNamed } from './avro/type.ts'
import { parsingForm, writeAvro } from './avro/write.ts'
import type { Incompatibility, Sides } from './incompatibility.ts'
import { compareJsonSchemas } from './json/compare.ts'
import type { JsonNode } from './json/node.ts'
import { parseJsonSchema } from './json/parse.ts'
import { readJson, type SchemaProblem, Unfit, writeJson } from './json-text.ts'

export type SchemaType = 'AVRO' | 'JSON' | 'PROTOBUF'

/** A schema that another one uses: for Avro `name` is a full name, for JSON Schema what stands in `$ref`. */
export interface SchemaReference {
  readonly name: string
  readonly subject: string
  readonly version: number
  readonly schema: string
}

export type ParsedSchema = AvroSchema | JsonSchema

interface Parsed {
  /** The text that is stored and given out, and that decides whether two schemas are one: no white space. */
  readonly canonical: string
  /** The text that counts where the registry is asked to normalize: the order of what has no order does not matter. */
  normalized(): string
  /** The record's full name, or the schema's title: what the strategies `RecordNameStrategy` and `TopicRecordNameStrategy` want. Null without one. */
  readonly name: string | null
}

export interface AvroSchema extends Parsed {
  readonly type: 'AVRO'
  readonly root: AvroType
  /** "Parsing Canonical Form" in Avro's specification. */
  parsingForm(): string
}

export interface JsonSchema extends Parsed {
  readonly type: 'JSON'
  readonly root: JsonNode
}

/** How strict JSON Schemas are compared: whether objects may be taken to have only the properties that their schema names. */
export type CompatibilityPolicy = 'STRICT' | 'LENIENT'

export const MAX_REFERENCES = 1_000

/**
 * Reads the text of a schema. `references` are all that it leads to, those first that others need.
 *
 * ```ts
 * const schema = parseSchema('AVRO', '{"type": "string"}', [])
 * if ('problem' in schema) throw new Error(schema.problem)
 * schema.canonical // '"string"'
 * ```
 */
export function parseSchema(
  type: SchemaType,
  text: string,
  references: readonly SchemaReference[],
): ParsedSchema | SchemaProblem {
  if (type === 'PROTOBUF') return { problem: 'Schemas of type PROTOBUF are not supported', path: '' }
  try {
    if (references.length > MAX_REFERENCES)
      throw new Unfit(`A schema may lead to ${MAX_REFERENCES} others, and this one to ${references.length}`, '')
    return type === 'AVRO' ? parseAvro(text, references) : parseJson(text, references)
  } catch (error) {
    if (error instanceof Unfit) return { problem: error.message, path: error.path }
    throw error
  }
}

/** What keeps readers with one schema from reading what is written with the other; empty if nothing does. */
export function compareSchemas(
  reader: ParsedSchema,
  writer: ParsedSchema,
  policy: CompatibilityPolicy = 'STRICT',
  sides: Sides = { reader: 'new', writer: 'old' },
): Incompatibility[] {
  if (reader.type === 'AVRO' && writer.type === 'AVRO') return compareAvro(reader.root, writer.root, sides)
  if (reader.type === 'JSON' && writer.type === 'JSON')
    return compareJsonSchemas(reader.root, writer.root, policy === 'LENIENT', sides)
  return [
    {
      kind: 'SCHEMA_TYPE_CHANGED',
      path: '',
      message: 'Incompatible because of different schema type',
      subject: `${sides.reader}: ${reader.type}, ${sides.writer}: ${writer.type}`,
      advice: 'A subject keeps its type of schema: register the other type under another subject.',
    },
  ]
}

function parseAvro(text: string, references: readonly SchemaReference[]): AvroSchema {
  const parser = new AvroParser()
  for (const reference of references) within(reference, () => parser.parse(readAvro(reference.schema)))
  const known = [...parser.named.keys()]
  const root = parser.parse(readAvro(text))
  return {
    type: 'AVRO',
    root,
    canonical: writeAvro(root, known, false),
    normalized: () => writeAvro(root, known, true),
    parsingForm: () => parsingForm(root),
    name: isNamed(root) ? root.full : null,
  }
}

/** A bare name is a schema, too: some write `string` where JSON wants `"string"`. */
function readAvro(text: string) {
  return /^\s*[A-Za-z_][\w.]*\s*$/.test(text) ? text.trim() : readJson(text).value
}

function parseJson(text: string, references: readonly SchemaReference[]): JsonSchema {
  const { value, compact } = readJson(text)
  const parts = references.map((reference) => ({
    name: reference.name,
    value: within(reference, () => readJson(reference.schema).value),
  }))
  const root = parseJsonSchema(value, parts)
  return {
    type: 'JSON',
    root,
    canonical: compact,
    normalized: () => writeJson(value, true),
    name: root.title,
  }
}

/** Says of a problem that it is in a reference. */
function within<T>(reference: SchemaReference, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof Unfit)) throw error
    throw new Unfit(`In the reference ${JSON.stringify(reference.name)}: ${error.message}`, error.path)
  }
}
