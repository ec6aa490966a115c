import { PosthornError } from '../posthorn-error.ts'

/** Turns payloads into bytes and back; both check. Made once per contract. */
export interface Codec<In, Out> {
  /** @throws PosthornError `CONTRACT_VIOLATED` with what is wrong in words */
  encode(value: In): Uint8Array | Promise<Uint8Array>
  /** @throws PosthornError `CONTRACT_VIOLATED` with what is wrong in words */
  decode(body: Uint8Array): Out | Promise<Out>
}

/**
 * What a message is agreed to be. `In` is what senders give, `Out` what handlers get; they differ where a schema converts or fills in.
 * Make one with `json`, `jsonSchema`, `avro`, `raw` or any Standard Schema library, or implement it.
 */
export interface Contract<In, Out = In> {
  readonly format: 'json' | 'avro' | 'raw'
  readonly contentType: string
  /** JSON Schema or Avro schema, for documents and the schema registry; null if there is none. */
  readonly document: object | null
  /** Loads what it needs; called when the contract is first used. */
  open(): Codec<In, Out> | Promise<Codec<In, Out>>
}

export const JSON_TYPE = 'application/json'

const decoder = new TextDecoder('utf-8', { fatal: true })

export function encodeJson(value: unknown): Uint8Array {
  const text = JSON.stringify(value)
  if (text === undefined) throw violated(`a ${typeof value} is no JSON value`)
  // From the runtime's pool: memory of its own for each would cost more than all else.
  return Buffer.from(text)
}

export function decodeJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(body))
  } catch (error) {
    throw violated(`the body is no JSON: ${(error as Error).message}`, error)
  }
}

export function violated(message: string, cause?: unknown): PosthornError {
  return new PosthornError('CONTRACT_VIOLATED', message, cause === undefined ? {} : { cause })
}
