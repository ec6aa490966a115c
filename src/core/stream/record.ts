import { copyBytes, getU32 } from '../../std/bytes.ts'
import { FRAME_OVERHEAD, FRAME_PREFIX } from '../../wire/amqp/frame.ts'
import { RecordHeaders } from './headers.ts'
import { ReadableHeaders } from './readable.ts'

/** The header in which a record keeps exchange, routing key and properties as they were published. */
export const EXACT = Buffer.from('amqp')
/** What readable headers may take beside `EXACT`, and what they may as a multiple of it. */
const READABLE_BYTES = 512
const READABLE_TIMES = 2
const READABLE_MOST = 16_384
/** Bytes of a record and a batch beside what is in them. */
const FRAMING = 512

/** A message as the publisher's bytes have it; see `Message` in broker/queue/publish.ts. */
export interface Source {
  readonly bytes: Uint8Array
  readonly keysAt: number
  readonly keysLength: number
  readonly contentAt: number
  readonly contentLength: number
}

/** The bytes that records of a message of `length` bytes take at most. */
export function recordRoom(length: number): number {
  return length + FRAMING + readableRoom(length)
}

function readableRoom(length: number): number {
  return Math.min(READABLE_MOST, READABLE_BYTES + READABLE_TIMES * length)
}

/** The length of the message's body. */
export function bodyLength({ bytes, contentAt }: Source): number {
  const size = contentAt + 1 + FRAME_PREFIX + 4
  return getU32(bytes, size) * 2 ** 32 + getU32(bytes, size + 4)
}

/** Copies the body out of its frames. */
export function copyBody({ bytes, contentAt, contentLength }: Source, into: Uint8Array, to: number): void {
  const end = contentAt + contentLength
  let frame = contentAt + 1 + FRAME_OVERHEAD + getU32(bytes, contentAt + 4)
  for (let at = to; frame < end; ) {
    const length = getU32(bytes, frame + 3)
    copyBytes(bytes, frame + FRAME_PREFIX, length, into, at)
    at += length
    frame += FRAME_OVERHEAD + length
  }
}

/** Fills in the headers of messages' records, one after the other. */
export class HeaderWriter {
  readonly headers = new RecordHeaders()
  private readonly readable = new ReadableHeaders(this.headers)

  /**
   * Of one message: one header that says everything exactly, for AMQP, and the application's own and the properties as text, for everybody
   * else. What would be far more than the message itself is left out.
   */
  write({ bytes, keysAt, keysLength, contentAt }: Source): void {
    const { headers } = this
    const size = getU32(bytes, contentAt + 4)
    const payload = contentAt + 1 + FRAME_PREFIX
    headers.clear()
    const at = headers.open(EXACT, 0, EXACT.length, keysLength + size)
    copyBytes(bytes, keysAt, keysLength, headers.bytes, at)
    copyBytes(bytes, payload, size, headers.bytes, at + keysLength)
    this.readable.add(bytes, keysAt, payload, payload + size, readableRoom(keysLength + size))
  }
}
