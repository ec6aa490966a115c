import { AmqpError } from '../wire/amqp/amqp-error.ts'

/** Payload bytes that an error's text shows at most. */
const SNIPPET = 16

/** Bytes as RabbitMQ's texts show them: `<<"abc">>` if they can be printed, else `<<0,20>>`. */
function binary(bytes: Uint8Array): string {
  if (bytes.length === 0) return '<<>>'
  const printable = bytes.every((byte) => byte >= 0x20 && byte < 0x7f)
  return printable ? `<<${JSON.stringify(Buffer.from(bytes).toString('latin1'))}>>` : `<<${bytes.join(',')}>>`
}

function snippet(type: number, payload: Uint8Array): string {
  const what = payload.length <= SNIPPET ? 'all' : `first ${SNIPPET}`
  return `type ${type}, ${what} octets = ${binary(payload.subarray(0, SNIPPET))}`
}

/** A frame that is wrong in itself. */
export function badFrame(type: number, payload: Uint8Array, what: string): AmqpError {
  return new AmqpError('frame-error', `${snippet(type, payload)}: ${what}`, { anonymous: true })
}

/** A frame that is right, but not here. */
export function unexpectedFrame(type: number, payload: Uint8Array): AmqpError {
  return new AmqpError('unexpected-frame', snippet(type, payload), { anonymous: true })
}
