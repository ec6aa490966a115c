import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import { type Contract, decodeJson, encodeJson, JSON_TYPE, violated } from './contract.ts'

/** A schema of a library that speaks Standard Schema: zod, valibot, arktype and others. Messages are JSON. */
export function standard<In, Out>(schema: StandardSchemaV1<In, Out>): Contract<In, Out> {
  const validate = (value: unknown): Out | Promise<Out> => {
    const result = schema['~standard'].validate(value)
    return result instanceof Promise ? result.then(accept) : accept(result)
  }
  return {
    format: 'json',
    contentType: JSON_TYPE,
    get document() {
      return documentOf(schema)
    },
    open: () => ({
      // What is sent is what the sender gave: the receiver converts it.
      encode(value) {
        const checked = validate(value)
        return checked instanceof Promise ? checked.then(() => encodeJson(value)) : encodeJson(value)
      },
      decode: (body) => validate(decodeJson(body)),
    }),
  }
}

/** What senders give, as a JSON Schema; null where the library has none, or can't say it in one. */
function documentOf(schema: StandardSchemaV1): object | null {
  const { jsonSchema } = schema['~standard'] as Partial<StandardJSONSchemaV1.Props>
  try {
    return jsonSchema?.input({ target: 'draft-2020-12' }) ?? null
  } catch {
    return null
  }
}

function accept<Out>(result: StandardSchemaV1.Result<Out>): Out {
  if (result.issues === undefined) return result.value
  throw violated(result.issues.map(describe).join('; '))
}

function describe({ message, path }: StandardSchemaV1.Issue): string {
  const keys = (path ?? []).map((one) => String(typeof one === 'object' ? one.key : one))
  return keys.length === 0 ? message : `${keys.join('.')}: ${message}`
}
