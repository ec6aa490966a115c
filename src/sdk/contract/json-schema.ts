import { PosthornError } from '../posthorn-error.ts'
import { type Codec, type Contract, decodeJson, encodeJson, JSON_TYPE, violated } from './contract.ts'
import type { FromSchema, JsonSchema } from './from-schema.ts'

const LATEST = '2020-12'

/**
 * A JSON Schema, draft 7 or 2020-12 (which `$schema` tells; 2020-12 without it). The payload's type is inferred, or claimed.
 *
 * @example
 * ```ts
 * import { jsonSchema, queue } from 'posthorn'
 *
 * const orders = queue('orders', {
 *   schema: jsonSchema({
 *     type: 'object',
 *     properties: { id: { type: 'string' }, total: { type: 'number' } },
 *     required: ['id', 'total'],
 *   }),
 * })
 * ```
 */
export function jsonSchema<const S extends JsonSchema, T = FromSchema<S>>(schema: S): Contract<T> {
  return {
    format: 'json',
    contentType: JSON_TYPE,
    document: typeof schema === 'boolean' ? {} : (schema as object),
    open: () => compile(schema) as Promise<Codec<T, T>>,
  }
}

async function compile(schema: JsonSchema): Promise<Codec<unknown, unknown>> {
  const draft = typeof schema === 'object' ? String(schema.$schema ?? LATEST) : LATEST
  const [{ Ajv2020 }, { Ajv }, formats] = await Promise.all([
    import('ajv/dist/2020.js'),
    import('ajv'),
    import('ajv-formats'),
  ])
  const options = { allErrors: true, strict: false }
  const ajv = draft.includes('draft-07') || draft.includes('draft-06') ? new Ajv(options) : new Ajv2020(options)
  formats.default.default(ajv)
  let validate: ReturnType<typeof ajv.compile>
  try {
    validate = ajv.compile(schema as object)
  } catch (error) {
    throw new PosthornError('CONTRACT_INVALID', `no JSON Schema: ${(error as Error).message}`, { cause: error })
  }
  const check = (value: unknown) => {
    if (!validate(value)) throw violated(ajv.errorsText(validate.errors, { dataVar: 'payload', separator: '; ' }))
    return value
  }
  return { encode: (value) => encodeJson(check(value)), decode: (body) => check(decodeJson(body)) }
}
