import type { AvroCodec } from '../contract/avro.ts'
import { type Codec, type Contract, violated } from '../contract/contract.ts'
import { PosthornError } from '../posthorn-error.ts'
import type { SchemaRegistry } from './registry.ts'

/*
 * A payload in Confluent's wire format, as their serializers write it.
 *
 *   ┌─────────┬───────────────┬───────────────┐
 *   │ 0 (u8)  │ schema id u32 │ payload       │
 *   └─────────┴───────────────┴───────────────┘
 */
const MAGIC = 0
const PREFIX = 5

/**
 * A contract's codec with a registry behind it: registers the schema under `subject` (null: it only reads), puts its id before what it writes, and reads what was
 * written with another version of the schema. What has no such prefix is read as it is, and so are bytes without a schema.
 */
export async function framed<In, Out>(
  contract: Contract<In, Out>,
  registry: SchemaRegistry,
  subject: string,
): Promise<Codec<In, Out>> {
  const codec = await contract.open()
  const { document, format } = contract
  // Bytes are the application's own, also those that look like a schema's id.
  if (format === 'raw') return codec
  if (document === null) return reading(codec, registry)
  const type = format === 'avro' ? 'AVRO' : 'JSON'
  let id: number
  try {
    id = await registry.register(subject, document, type)
  } catch (error) {
    if (!(error instanceof PosthornError) || error.code === 'CONNECTION_FAILED') throw error
    throw new PosthornError(error.code, `the contract of subject '${subject}': ${error.message}`, { cause: error })
  }
  const { decode } = reading(codec, registry)
  return { decode, encode: async (value) => withPrefix(id, await codec.encode(value)) }
}

function reading<In, Out>(codec: Codec<In, Out>, registry: SchemaRegistry): Codec<In, Out> {
  const decode = async (body: Uint8Array): Promise<Out> => {
    const id = idOf(body)
    if (id === null) return codec.decode(body)
    const rest = body.subarray(PREFIX)
    if (!('decodeFrom' in codec)) return codec.decode(rest)
    const { schema, type } = await registry.byId(id)
    if (type !== 'AVRO') throw violated(`the body was written with schema ${id}, which is no Avro schema`)
    return (codec as unknown as AvroCodec<Out>).decodeFrom(JSON.parse(schema), rest)
  }
  return { decode, encode: (value) => codec.encode(value) }
}

function idOf(body: Uint8Array): number | null {
  if (body.length < PREFIX || body[0] !== MAGIC) return null
  return new DataView(body.buffer, body.byteOffset).getUint32(1)
}

function withPrefix(id: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(PREFIX + payload.length)
  new DataView(bytes.buffer).setUint32(1, id)
  bytes.set(payload, PREFIX)
  return bytes
}
