import { getU32 } from '../../std/bytes.ts'
import { FRAME_OVERHEAD, FRAME_PREFIX } from '../../wire/amqp/frame.ts'
import { decodeProperties } from '../../wire/amqp/properties.ts'
import type { Message } from '../queue/message.ts'

/** Content types that say what a body is; none says that it is what the schema says. */
const TYPES = { JSON: /^application\/(?:[\w.+-]+\+)?json\b/i, AVRO: /\bavro\b/i } as const

/** A message's body, in one piece: most are one frame, and stay where they are. */
export class Body {
  bytes: Uint8Array
  at = 0
  end = 0
  /** Messages over AMQP have their schema's id in their body alone. */
  readonly headerAt = -1
  readonly headerEnd = -1
  private readonly message: Message

  constructor(message: Message) {
    const { bytes, contentAt, contentLength } = message
    this.message = message
    this.bytes = bytes
    const end = contentAt + contentLength
    const header = contentAt + 1
    const first = header + FRAME_OVERHEAD + getU32(bytes, header + 3)
    if (first >= end) return
    const payload = first + FRAME_PREFIX
    const length = getU32(bytes, first + 3)
    if (payload + length + 1 < end) this.gather(first, end)
    else {
      this.at = payload
      this.end = payload + length
    }
  }

  get contentType(): string {
    const { bytes, contentAt } = this.message
    const payload = contentAt + 1 + FRAME_PREFIX
    return decodeProperties(bytes, payload, payload + getU32(bytes, contentAt + 4)).contentType ?? ''
  }

  isOf(type: keyof typeof TYPES): boolean {
    const { contentType } = this
    return contentType === '' || TYPES[type].test(contentType)
  }

  private gather(first: number, end: number): void {
    const { bytes } = this.message
    const payloads: Uint8Array[] = []
    for (let frame = first; frame < end; ) {
      const payload = frame + FRAME_PREFIX
      const length = getU32(bytes, frame + 3)
      payloads.push(bytes.subarray(payload, payload + length))
      frame += FRAME_OVERHEAD + length
    }
    this.bytes = Buffer.concat(payloads)
    this.end = this.bytes.length
  }
}
