import type { Message } from '../broker/queue/message.ts'
import { getU16, getU32 } from '../std/bytes.ts'
import { AmqpError } from '../wire/amqp/amqp-error.ts'
import { FIELD_TYPE_NAMES, type Table } from '../wire/amqp/field.ts'
import { CLASS_BASIC, FRAME_END, FRAME_HEADER, FRAME_OVERHEAD, FRAME_PREFIX } from '../wire/amqp/frame.ts'
import { decodeProperties, type Properties, writeHeader } from '../wire/amqp/properties.ts'
import { Writer } from '../wire/amqp/writer.ts'

const writer = new Writer()

/** The routing keys in the headers CC and BCC, each of which must be an array; what is not text in it is passed over. */
export function routingCopies(headers: Table): string[] {
  const keys: string[] = []
  for (const name of ['CC', 'BCC']) {
    const field = headers.get(name)
    if (field === undefined) continue
    if (field.type !== 'A') {
      const type = FIELD_TYPE_NAMES[field.type]
      throw new AmqpError('precondition-failed', `invalid message: {unacceptable_type_in_header,"${name}",${type}}`)
    }
    for (const each of field.value) if (each.type === 'S' && typeof each.value === 'string') keys.push(each.value)
  }
  return keys
}

/** Gives the message other properties, in memory of its own. */
export function rewriteContent(message: Message, change: (properties: Properties) => Properties): void {
  const { bytes, keysAt, keysLength, contentAt, contentLength } = message
  const header = contentAt + 1
  const size = getU32(bytes, header + 3)
  const payload = header + FRAME_PREFIX
  const properties = change(decodeProperties(bytes, payload, payload + size))
  writer.clear()
  writer.raw(bytes.subarray(keysAt, keysAt + keysLength))
  writer.octet(FRAME_END)
  writer.octet(FRAME_HEADER)
  writer.short(getU16(bytes, header + 1))
  const sizeAt = writer.reserve(4)
  const bodySize = getU32(bytes, payload + 4) * 2 ** 32 + getU32(bytes, payload + 8)
  writeHeader(writer, CLASS_BASIC, bodySize, properties)
  writer.putLong(sizeAt, writer.at - sizeAt - 4)
  writer.octet(FRAME_END)
  writer.raw(bytes.subarray(header + FRAME_OVERHEAD + size, contentAt + contentLength))
  message.bytes = new Uint8Array(writer.written())
  message.keysAt = 0
  message.contentAt = keysLength
  message.contentLength = message.bytes.length - keysLength
}
