import { getU32 } from '../../std/bytes.ts'
import { FRAME_HEADER, FRAME_OVERHEAD, FRAME_PREFIX } from '../../wire/amqp/frame.ts'
import { decodeProperties } from '../../wire/amqp/properties.ts'
import type { Message } from '../queue/message.ts'

/** Content types that say what a body is; none says that it is what the schema says. */
const TYPES = { JSON: /^application\/(?:[\w.+-]+\+)?json\b/i, AVRO: /\bavro\b/i } as const

/** A message's body, in one piece: most are one frame, and stay where they are. */
export class Body {
  readonly bytes: Uint8Array
  readonly at: number
  readonly end: number
  readonly contentType: string

  constructor({ bytes, contentAt, contentLength }: Message) {
    const end = contentAt + contentLength
    const payloads: Uint8Array[] = []
    let contentType = ''
    let [first, last] = [end, end]
    for (let frame = contentAt + 1; frame < end; ) {
      const payload = frame + FRAME_PREFIX
      const length = getU32(bytes, frame + 3)
      if (bytes[frame] === FRAME_HEADER) {
        contentType = decodeProperties(bytes, payload, payload + length).contentType ?? ''
      } else {
        if (payloads.length === 0) first = payload
        last = payload + length
        payloads.push(bytes.subarray(payload, last))
      }
      frame += FRAME_OVERHEAD + length
    }
    const whole = payloads.length > 1 ? Buffer.concat(payloads) : null
    this.contentType = contentType
    this.bytes = whole ?? bytes
    this.at = whole === null ? first : 0
    this.end = whole === null ? last : whole.length
  }

  isOf(type: keyof typeof TYPES): boolean {
    return this.contentType === '' || TYPES[type].test(this.contentType)
  }
}
