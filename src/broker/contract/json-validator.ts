import { createRequire } from 'node:module'
import { isMultiple } from '../../core/schema/json/multiple.ts'
import { type Json, writeJson } from '../../core/schema/json-text.ts'
import { linear } from './json-code.ts'

/** What Ajv makes of a schema. */
interface Check {
  (value: unknown): boolean
  errors?: readonly { readonly instancePath: string; readonly message?: string; readonly keyword: string }[] | null
}

/** Makes the function that says why a text is no JSON of a schema, of the code that Ajv made. */
export function jsonValidator(code: string): (text: string) => string | null {
  const module: { exports: unknown } = { exports: {} }
  const load = createRequire(import.meta.url)
  new Function('module', 'require', 'linear', 'areUnique', 'isMultiple', code)(
    module,
    load,
    linear,
    areUnique,
    isMultiple,
  )
  const check = module.exports as Check
  return (text) => {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch (error) {
      return `it is no JSON: ${(error as Error).message}`
    }
    try {
      if (check(value)) return null
    } catch (error) {
      if (error instanceof RangeError) return 'it is nested too deep'
      throw error
    }
    const [first] = check.errors ?? []
    return first === undefined ? 'it does not fit' : `${first.instancePath || 'it'} ${first.message ?? first.keyword}`
  }
}

function areUnique(items: readonly Json[]): boolean {
  return new Set(items.map((item) => writeJson(item, true))).size === items.length
}
