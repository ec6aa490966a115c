import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Contract } from './contract.ts'
import type { FromSchema, JsonSchema } from './from-schema.ts'
import { jsonSchema } from './json-schema.ts'
import { standard } from './standard.ts'

/** What `queue` and `topic` take as a schema: a contract, a schema of a Standard Schema library, or a JSON Schema (TypeBox's are). */
export type Schema = Contract<never, unknown> | StandardSchemaV1 | JsonSchema

/** What senders give. */
export type Input<S> =
  S extends Contract<infer In, unknown>
    ? In
    : S extends StandardSchemaV1<infer In, unknown>
      ? In
      : S extends { readonly static: infer Static }
        ? Static
        : FromSchema<S>

/** What handlers get. */
export type Output<S> =
  S extends Contract<never, infer Out>
    ? Out
    : S extends StandardSchemaV1<unknown, infer Out>
      ? Out
      : S extends { readonly static: infer Static }
        ? Static
        : FromSchema<S>

export function contractOf<S extends Schema>(schema: S): Contract<Input<S>, Output<S>> {
  return find(schema) as Contract<Input<S>, Output<S>>
}

function find(schema: Schema): unknown {
  if (typeof schema === 'boolean') return jsonSchema(schema)
  if ('open' in schema) return schema
  return '~standard' in schema ? standard(schema as StandardSchemaV1) : jsonSchema(schema as JsonSchema)
}
