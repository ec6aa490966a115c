import type { Schema, Type } from 'avsc'
import { PosthornError } from '../posthorn-error.ts'
import { logicalTypes } from './avro-logical.ts'
import { type Codec, type Contract, violated } from './contract.ts'
import type { AvroSchema, FromAvro } from './from-avro.ts'

/** Avro's own media type. */
const AVRO_TYPE = 'avro/binary'

/** A codec that reads what was written with another version of the schema. */
export interface AvroCodec<T> extends Codec<T, T> {
  /** @throws PosthornError `CONTRACT_INCOMPATIBLE` if what `writer` writes cannot be read */
  decodeFrom(writer: AvroSchema, body: Uint8Array): T
}

/**
 * An Avro schema. Messages are Avro's binary encoding. Timestamps and dates are `Date`, decimals are text like `'12.50'`. The payload's type is inferred, or
 * claimed.
 *
 * @example
 * ```ts
 * import { avro, topic } from 'posthorn'
 *
 * const paid = topic('orders.paid', {
 *   schema: avro({
 *     type: 'record',
 *     name: 'OrderPaid',
 *     fields: [
 *       { name: 'orderId', type: 'string' },
 *       { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
 *     ],
 *   }),
 *   key: (payment) => payment.orderId,
 * })
 * ```
 */
export function avro<const S extends AvroSchema, T = FromAvro<S>>(schema: S): Contract<T> {
  return {
    format: 'avro',
    contentType: AVRO_TYPE,
    document: typeof schema === 'object' ? schema : { type: schema },
    open: () => compile<T>(schema),
  }
}

async function compile<T>(schema: AvroSchema): Promise<AvroCodec<T>> {
  const { default: avsc } = await import('avsc')
  const options = { logicalTypes: logicalTypes(avsc) }
  const parse = (what: AvroSchema): Type => {
    try {
      return avsc.Type.forSchema(what as Schema, { ...options })
    } catch (error) {
      throw new PosthornError('CONTRACT_INVALID', `no Avro schema: ${(error as Error).message}`, { cause: error })
    }
  }
  const type = parse(schema)
  const readers = new Map<string, { readonly type: Type; readonly resolver: unknown }>()
  const readerOf = (writer: AvroSchema) => {
    const text = JSON.stringify(writer)
    let known = readers.get(text)
    if (known === undefined) {
      const written = parse(writer)
      try {
        readers.set(text, (known = { type: written, resolver: type.createResolver(written) }))
      } catch (error) {
        const told = `what was written with another version of the schema can't be read: ${(error as Error).message}`
        throw new PosthornError('CONTRACT_INCOMPATIBLE', told, { cause: error })
      }
    }
    return known
  }
  const read = (body: Uint8Array, resolver?: unknown): T => {
    try {
      return type.fromBuffer(Buffer.from(body), resolver as never) as T
    } catch (error) {
      throw violated(`the body is not what the Avro schema says: ${(error as Error).message}`, error)
    }
  }
  return {
    encode(value) {
      const wrong: string[] = []
      const errorHook = (path: string[], got: unknown, expected: Type) => {
        wrong.push(`${path.join('.') || 'payload'}: ${describe(got)} is no ${expected}`)
      }
      // The hook is told of every place; without one nothing is wrong.
      type.isValid(value, { errorHook })
      if (wrong.length > 0) throw violated(wrong.join('; '))
      return new Uint8Array(type.toBuffer(value))
    },
    decode: (body) => read(body),
    decodeFrom: (writer, body) => read(body, readerOf(writer).resolver),
  }
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing'
  return typeof value === 'bigint' ? `${value}n` : JSON.stringify(value)
}
