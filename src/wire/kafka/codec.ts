import { broken } from '../../std/assert.ts'
import { compiled } from './compile.ts'
import { type Codec, interpreted } from './interpret.ts'
import type { Reader } from './reader.ts'
import { type Decoded, type Encodable, type Message, within } from './schema.ts'
import type { Writer } from './writer.ts'

const codecs = new WeakMap<Message, (Codec | undefined)[]>()
let canCompile = true

/** The codec of a message in a version, made when it is first asked for. */
function codecOf(message: Message, version: number): Codec {
  let versions = codecs.get(message)
  if (versions === undefined) codecs.set(message, (versions = []))
  return (versions[version] ??= make(message, version))
}

function make(message: Message, version: number): Codec {
  if (!within(message.versions, version)) broken(`${message.name} has no version ${version}`)
  if (canCompile) {
    try {
      return compiled(message, version)
    } catch (error) {
      // Node says EvalError where code generation is forbidden; anything else is a bug in the compiler.
      if (!(error instanceof EvalError)) throw error
      canCompile = false
    }
  }
  return interpreted(message, version)
}

/**
 * Reads a message. `bytes` fields are copies, `records` fields views of the reader's memory.
 * Throws KafkaError(INVALID_REQUEST) where the bytes are not that message.
 */
export function decode<M extends Message>(message: M, version: number, reader: Reader): Decoded<M> {
  return codecOf(message, version).read(reader) as Decoded<M>
}

/** Writes a message; a field that is missing is written as its default. */
export function encode<M extends Message>(message: M, version: number, writer: Writer, value: Encodable<M>): void {
  codecOf(message, version).write(writer, value as Record<string, unknown>)
}

/** The version of a request's header: 2 where the request is flexible. */
export function requestHeaderVersion(request: Message, version: number): number {
  return within(request.flexible, version) ? 2 : 1
}

/** The version of a response's header. ApiVersions (18) keeps 0 always: its reader may not know the version yet. */
export function responseHeaderVersion(response: Message, version: number): number {
  return response.key !== 18 && within(response.flexible, version) ? 1 : 0
}
