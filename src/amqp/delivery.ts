import { type Output, REGION } from '../broker/output.ts'
import { putU16, putU32 } from '../std/bytes.ts'
import { CLASS_BASIC, FRAME_BODY, FRAME_END, FRAME_METHOD, FRAME_OVERHEAD, FRAME_PREFIX } from '../wire/amqp/frame.ts'
import type { Fields, Method } from '../wire/amqp/method.ts'
import { basic } from '../wire/amqp/methods.ts'
import { Writer } from '../wire/amqp/writer.ts'

/*
 * A message on its way out. What is stored is the end of the delivery, so that a delivery is a head and one copy:
 *
 *   head: ┌──────┬─────────┬──────┬──────────┬──────────────┬──────────────────┬─────────────┐
 *         │ 1 u8 │ channel │ size │ 60, 60   │ consumer tag │ delivery tag u64 │ redelivered │
 *         └──────┴─────────┴──────┴──────────┴──────────────┴──────────────────┴─────────────┘
 * stored: ┌──────────┬─────────────┬──────┬──────────────┬─────────────┐
 *         │ exchange │ routing key │ 0xCE │ header frame │ body frames │
 *         └──────────┴─────────────┴──────┴──────────────┴─────────────┘
 *
 * Then the method frame's size is filled in, and the channel in every frame.
 */

/** Bytes of the head behind the consumer tag. */
const HEAD_END = 9

/** The head of a consumer's deliveries, with everything that is the same for all of them. */
export function deliverHead(channel: number, consumerTag: string): Uint8Array {
  const writer = new Writer(300)
  begin(writer, channel, basic.deliver)
  writer.shortstr(consumerTag)
  writer.longlong(0)
  writer.octet(0)
  return new Uint8Array(writer.written())
}

function begin(writer: Writer, channel: number, method: Method<Fields>): void {
  writer.clear()
  writer.octet(FRAME_METHOD)
  writer.short(channel)
  writer.long(0)
  writer.long(method.key)
}

/** Writes one delivery of the stored message `from[at, at + length)`. */
export function writeDelivery(
  output: Output,
  head: Uint8Array,
  frameMax: number,
  tag: number,
  redelivered: boolean,
  from: Uint8Array,
  at: number,
  length: number,
): void {
  const headLength = head.length
  const total = headLength + length
  if (total > REGION || length > frameMax) {
    putTag(head, headLength - HEAD_END, tag)
    head[headLength - 1] = redelivered ? 1 : 0
    writeLarge(output, head, frameMax, from, at, length)
    return
  }
  output.reserve(total)
  const to = output.bytes
  const start = output.at
  const content = start + headLength
  to.set(head, start)
  putTag(to, content - HEAD_END, tag)
  to[content - 1] = redelivered ? 1 : 0
  if (from === to) to.copyWithin(content, at, at + length)
  else to.set(from.subarray(at, at + length), content)
  seal(to, start, content, start + total)
  output.at = start + total
}

function putTag(to: Uint8Array, at: number, tag: number): void {
  if (tag < 0x100000000) {
    to[at] = 0
    to[at + 1] = 0
    to[at + 2] = 0
    to[at + 3] = 0
  } else putU32(to, at, Math.floor(tag / 0x100000000))
  to[at + 4] = tag >>> 24
  to[at + 5] = tag >>> 16
  to[at + 6] = tag >>> 8
  to[at + 7] = tag
}

/** Fills in the size of the method frame that begins at `start`, and its channel in the frames behind. */
function seal(to: Uint8Array, start: number, content: number, end: number): void {
  let p = content + 1 + to[content]
  p += 1 + to[p]
  const size = p - start - FRAME_PREFIX
  to[start + 3] = size >>> 24
  to[start + 4] = size >>> 16
  to[start + 5] = size >>> 8
  to[start + 6] = size
  setChannels(to, p + 1, end, to[start + 1], to[start + 2])
}

/** Sets the channel in each of the frames `[at, end)`. */
function setChannels(to: Uint8Array, at: number, end: number, high: number, low: number): void {
  let p = at
  while (p < end) {
    to[p + 1] = high
    to[p + 2] = low
    p += FRAME_OVERHEAD + ((to[p + 3] << 24) | (to[p + 4] << 16) | (to[p + 5] << 8) | to[p + 6])
  }
}

/** One that has no place in an output region, or whose frames may be larger than the consumer takes. */
function writeLarge(
  output: Output,
  head: Uint8Array,
  frameMax: number,
  from: Uint8Array,
  at: number,
  length: number,
): void {
  let keys = 1 + from[at]
  keys += 1 + from[at + keys]
  const channel = (head[1] << 8) | head[2]
  const content = contentFor(from, at + keys + 1, length - keys - 1, channel, frameMax)
  const bytes = new Uint8Array(head.length + keys + 1 + content.length)
  bytes.set(head)
  bytes.set(from.subarray(at, at + keys), head.length)
  bytes[head.length + keys] = FRAME_END
  bytes.set(content, head.length + keys + 1)
  putU32(bytes, 3, head.length + keys - FRAME_PREFIX)
  output.send(bytes)
}

/** The header and body frames `from[at, at + length)` for a channel whose frames may not be larger than `frameMax`. */
export function contentFor(
  from: Uint8Array,
  at: number,
  length: number,
  channel: number,
  frameMax: number,
): Uint8Array {
  const frames = fits(from, at, at + length, frameMax)
    ? from.slice(at, at + length)
    : split(from, at, at + length, frameMax)
  setChannels(frames, 0, frames.length, channel >>> 8, channel & 0xff)
  return frames
}

function frameLength(bytes: Uint8Array, at: number): number {
  return FRAME_OVERHEAD + ((bytes[at + 3] << 24) | (bytes[at + 4] << 16) | (bytes[at + 5] << 8) | bytes[at + 6])
}

function fits(bytes: Uint8Array, at: number, end: number, frameMax: number): boolean {
  for (let p = at; p < end; p += frameLength(bytes, p)) if (frameLength(bytes, p) > frameMax) return false
  return true
}

function split(bytes: Uint8Array, at: number, end: number, frameMax: number): Uint8Array {
  const header = frameLength(bytes, at)
  const parts: Uint8Array[] = []
  for (let p = at + header; p < end; p += frameLength(bytes, p)) {
    parts.push(bytes.subarray(p + FRAME_PREFIX, p + frameLength(bytes, p) - 1))
  }
  return frameContent(bytes.subarray(at, at + header), parts, frameMax)
}

/** A header frame, and the bytes of `parts` in body frames of at most `frameMax` bytes. */
export function frameContent(header: Uint8Array, parts: readonly Uint8Array[], frameMax: number): Uint8Array {
  const most = frameMax - FRAME_OVERHEAD
  let size = 0
  for (const part of parts) size += part.length
  const frames = new Uint8Array(header.length + size + FRAME_OVERHEAD * Math.ceil(size / most))
  frames.set(header)
  let to = header.length
  let room = 0
  for (const part of parts) {
    for (let p = 0; p < part.length; ) {
      if (room === 0) {
        room = Math.min(most, size)
        frames[to] = FRAME_BODY
        putU32(frames, to + 3, room)
        to += FRAME_PREFIX
      }
      const taken = Math.min(room, part.length - p)
      frames.set(part.subarray(p, p + taken), to)
      to += taken
      p += taken
      room -= taken
      size -= taken
      if (room === 0) frames[to++] = FRAME_END
    }
  }
  return frames
}

/** A message as a publisher's bytes have it: see `Message` of the broker. */
export interface Parts {
  readonly bytes: Uint8Array
  readonly keysAt: number
  readonly keysLength: number
  readonly contentAt: number
  readonly contentLength: number
}

const writer = new Writer(600)

/** basic.return, or a delivery that was never stored: `start` writes the arguments before the exchange. */
export function contentMessage(
  channel: number,
  frameMax: number,
  method: Method<Fields>,
  message: Parts,
  start: (writer: Writer) => void,
  finish: (writer: Writer) => void = () => {},
): Uint8Array {
  const { bytes, keysAt, keysLength, contentAt, contentLength } = message
  begin(writer, channel, method)
  start(writer)
  writer.raw(bytes.subarray(keysAt, keysAt + keysLength))
  finish(writer)
  writer.putLong(3, writer.at - FRAME_PREFIX)
  writer.octet(FRAME_END)
  const content = contentFor(bytes, contentAt + 1, contentLength - 1, channel, frameMax)
  const whole = new Uint8Array(writer.at + content.length)
  whole.set(writer.written())
  whole.set(content, writer.at)
  return whole
}

/** Writes basic.ack or basic.nack of a publisher's message: 21 bytes. */
export function writeConfirm(output: Output, channel: number, ack: boolean, tag: number, multiple: boolean): void {
  output.reserve(22)
  const to = output.bytes
  const at = output.at
  to[at] = FRAME_METHOD
  putU16(to, at + 1, channel)
  putU32(to, at + 3, 13)
  putU16(to, at + 7, CLASS_BASIC)
  putU16(to, at + 9, ack ? basic.ack.methodId : basic.nack.methodId)
  putTag(to, at + 11, tag)
  // A nack has one more bit, requeue, which means nothing to a publisher and is set as RabbitMQ sets it.
  to[at + 19] = (multiple ? 1 : 0) | (ack ? 0 : 2)
  to[at + 20] = FRAME_END
  output.at = at + 21
}
