import { createRequire } from 'node:module'
import type { Ajv as AjvClass, Options } from 'ajv'
import { RE2JS } from 're2js'
import { type Draft, draftOf } from '../../core/schema/json/draft.ts'
import { readJson, writeJson } from '../../core/schema/json-text.ts'
import type { SchemaReference } from '../../core/schema/schema.ts'

/** The longest schema that is compiled: that is done on the loop, some ten milliseconds for one of that length. */
const LONGEST_CHECKED = 64 * 1024

/** Modules of Ajv by draft: loaded when the first schema of one is compiled. */
const MODULES: Readonly<Record<Draft, string>> = {
  'draft-04': 'ajv-draft-04',
  'draft-06': 'ajv',
  'draft-07': 'ajv',
  '2019-09': 'ajv/dist/2019.js',
  '2020-12': 'ajv/dist/2020.js',
}

/** Patterns run in linear time, whatever they say. What is beyond that engine, looking ahead or back, does not compile. */
const linear = Object.assign(
  (pattern: string) => {
    const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern))
    return { test: (text: string) => compiled.test(text), toString: () => pattern }
  },
  { code: '' },
)

const OPTIONS: Options = {
  strict: false,
  // The registry looked at it, and knows where its references lead: nothing is ever fetched.
  validateSchema: false,
  addUsedSchema: false,
  logger: false,
  // A format says something about a value, and is no condition.
  validateFormats: false,
  ownProperties: true,
  code: { regExp: linear },
}

/** Makes the function that says why a text is no JSON of a schema. Throws where the schema can't be compiled. */
export function jsonValidator(schema: string, references: readonly SchemaReference[]): (text: string) => string | null {
  const length = references.reduce((sum, reference) => sum + reference.schema.length, schema.length)
  if (length > LONGEST_CHECKED)
    throw new Error(
      `it has ${length} characters with its references, and bodies are checked by up to ${LONGEST_CHECKED}`,
    )
  const { value } = readJson(schema)
  const known = /"\$ref":"https?:\/\/json-schema\.org\//.test(schema)
  const { default: Ajv } = createRequire(import.meta.url)(MODULES[draftOf(value)]) as { default: typeof AjvClass }
  const ajv = new Ajv({ ...OPTIONS, meta: known })
  // Ajv compares each item with each other.
  ajv.removeKeyword('uniqueItems')
  ajv.addKeyword({ keyword: 'uniqueItems', type: 'array', schemaType: 'boolean', validate: areUnique })
  for (const { name, schema: text } of references) ajv.addSchema(JSON.parse(text), name)
  const validate = ajv.compile(JSON.parse(schema))
  return (text) => {
    let body: unknown
    try {
      body = JSON.parse(text)
    } catch (error) {
      return `it is no JSON: ${(error as Error).message}`
    }
    try {
      if (validate(body) === true) return null
    } catch (error) {
      if (error instanceof RangeError) return 'it is nested too deep'
      throw error
    }
    const [first] = validate.errors ?? []
    return first === undefined ? 'it does not fit' : `${first.instancePath || 'it'} ${first.message ?? first.keyword}`
  }
}

function areUnique(wanted: boolean, items: readonly never[]): boolean {
  return !wanted || new Set(items.map((item) => writeJson(item, true))).size === items.length
}
