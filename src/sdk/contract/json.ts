import { type Codec, type Contract, decodeJson, encodeJson, JSON_TYPE } from './contract.ts'

const codec: Codec<unknown, unknown> = { encode: encodeJson, decode: decodeJson }

/**
 * JSON that nobody checks: its type is only claimed.
 *
 * @example
 * ```ts
 * import { json, queue } from 'posthorn'
 *
 * const greetings = queue('greetings', { schema: json<{ text: string }>() })
 * ```
 */
export function json<T>(): Contract<T> {
  return { format: 'json', contentType: JSON_TYPE, document: null, open: () => codec as Codec<T, T> }
}
