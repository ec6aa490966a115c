import { createRequire } from 'node:module'
import type { Ajv as AjvClass, AnySchema, KeywordCxt, Options } from 'ajv'
import { type Draft, draftOf } from '../../core/schema/json/draft.ts'
import { type Json, readJson } from '../../core/schema/json-text.ts'
import { re2 } from '../../std/re2.ts'
import { ajvSchema } from './ajv-schema.ts'

/** A schema to be compiled, off the loop: Ajv takes a millisecond of the processor for each part of it. */
export interface JsonCodeTask {
  readonly kind: 'json-code'
  readonly schema: string
  readonly references: readonly { readonly name: string; readonly schema: string }[]
}

/** The longest schema that is compiled, references included. */
export const LONGEST_CHECKED = 64 * 1024

/** Modules of Ajv by draft: loaded when the first schema of one is compiled. */
const MODULES: Readonly<Record<Draft, string>> = {
  'draft-04': 'ajv-draft-04',
  'draft-06': 'ajv',
  'draft-07': 'ajv',
  '2019-09': 'ajv/dist/2019.js',
  '2020-12': 'ajv/dist/2020.js',
}

/** Patterns run in linear time, whatever they say. What is beyond that engine, looking ahead or back, does not compile. */
export function linear(pattern: string): { test(text: string): boolean; toString(): string } {
  const { RE2JS } = re2()
  const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern))
  return { test: (text) => compiled.test(text), toString: () => pattern }
}

const OPTIONS: Options = {
  strict: false,
  // The registry looked at it, and knows where its references lead: nothing is ever fetched.
  validateSchema: false,
  logger: false,
  // A format says something about a value, and is no condition.
  validateFormats: false,
  ownProperties: true,
  code: { source: true, regExp: Object.assign(linear, { code: 'linear' }) },
}

/** The text of a module that checks values by a schema; it asks for `require`, `linear`, `areUnique` and `isMultiple`. Throws where the schema can't be compiled. */
export function jsonCode({ schema, references }: Omit<JsonCodeTask, 'kind'>): string {
  const length = references.reduce((sum, reference) => sum + reference.schema.length, schema.length)
  if (length > LONGEST_CHECKED)
    throw new Error(`it has ${length} characters with its references; bodies are checked by up to ${LONGEST_CHECKED}`)
  const { value } = readJson(schema)
  const load = createRequire(import.meta.url)
  const { default: Ajv } = load(MODULES[draftOf(value)]) as { default: typeof AjvClass }
  const { default: standalone } = load('ajv/dist/standalone') as typeof import('ajv/dist/standalone/index.js')
  const ajv = new Ajv({ ...OPTIONS, meta: /"\$ref":"https?:\/\/json-schema\.org\//.test(schema) })
  // Ajv compares each item with each other.
  ajv.removeKeyword('uniqueItems')
  ajv.addKeyword({ keyword: 'uniqueItems', type: 'array', schemaType: 'boolean', code: uniqueItems })
  // It divides in binary.
  ajv.removeKeyword('multipleOf')
  ajv.addKeyword({ keyword: 'multipleOf', type: 'number', schemaType: 'number', code: multipleOf, error: NO_MULTIPLE })
  const told = (parsed: Json) => ajvSchema(parsed, draftOf(parsed)) as AnySchema
  for (const { name, schema: text } of references) ajv.addSchema(told(JSON.parse(text)), name)
  return standalone(ajv, ajv.compile(told(JSON.parse(schema))))
}

function uniqueItems(cxt: KeywordCxt): void {
  if (cxt.schema !== true) return
  const { _ } = createRequire(import.meta.url)('ajv') as typeof import('ajv')
  const check = cxt.gen.scopeValue('func', { ref: 'areUnique', code: _`areUnique` })
  cxt.fail(_`!${check}(${cxt.data})`)
}

const NO_MULTIPLE = {
  message: ({ schema }: { readonly schema?: unknown }) => `must be multiple of ${schema}`,
}

function multipleOf(cxt: KeywordCxt): void {
  const { _ } = createRequire(import.meta.url)('ajv') as typeof import('ajv')
  const check = cxt.gen.scopeValue('func', { ref: 'isMultiple', code: _`isMultiple` })
  cxt.fail(_`!${check}(${cxt.data}, ${cxt.schema})`)
}
