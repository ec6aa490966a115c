import { getU16, getU32 } from '../std/bytes.ts'
import { AmqpError } from '../wire/amqp/amqp-error.ts'
import { CLASS_BASIC, FRAME_HEADER, HEADER_FIXED } from '../wire/amqp/frame.ts'
import { frameContent } from './delivery.ts'
import { badFrame } from './frame-errors.ts'
import type { Front } from './front.ts'

/** Body frames of a message that is put together have this size, overhead included. */
const FRAME_SIZE = 131_072
const FIRST_ROOM = 64 * 1024

/** The payload `b[at, end)` of a header frame for basic.publish; returns the body's size, or throws what RabbitMQ answers. */
export function bodySize(b: Uint8Array, at: number, end: number): number {
  if (end - at < HEADER_FIXED) throw badFrame(FRAME_HEADER, b.subarray(at, end), 'unknown_frame')
  const classId = getU16(b, at)
  if (classId !== CLASS_BASIC) {
    throw new AmqpError(
      'unexpected-frame',
      `expected content header for class ${CLASS_BASIC}, got one for class ${classId} instead`,
    )
  }
  if (getU16(b, at + 2) !== 0) throw contentExpected('header')
  return getU32(b, at + 4) * 2 ** 32 + getU32(b, at + 8)
}

/** Asked when all of a body has come: clients, which use a channel's number again, count on it that nothing of a refused message is still to come. */
export function requireSize(size: number, most: number): void {
  if (size <= most) return
  throw new AmqpError('precondition-failed', `message size ${size} is larger than configured max size ${most}`)
}

/** Something else came where the header or the body of a message should have been. */
export function contentExpected(what: 'header' | 'body'): AmqpError {
  const expected = what === 'header' ? 'content header for class 60' : 'content body'
  return new AmqpError('unexpected-frame', `expected ${expected}, got non content ${what} frame instead`)
}

/** A message whose frames do not lie in a row: they are gathered here, and counted against the front's budget. Nothing is kept of one that is too large. */
export class Content {
  /** The arguments of basic.publish. */
  readonly args: Uint8Array
  /** The header frame, once it has come. */
  header: Uint8Array | null = null
  size = 0
  received = 0
  private readonly front: Front
  /** How long a body may be. */
  private readonly most: number
  private body = new Uint8Array(0)
  private budget = 0

  constructor(front: Front, args: Uint8Array) {
    this.front = front
    this.most = front.broker.options.maxMessageSize
    this.args = args
  }

  /** The header frame `b[at, end)` has come; `size` bytes of body follow. */
  begin(b: Uint8Array, at: number, end: number, size: number): void {
    this.reserve(end - at)
    this.header = b.slice(at, end)
    this.size = size
  }

  /** The payload of a body frame. */
  add(b: Uint8Array, at: number, end: number): void {
    const received = this.received + end - at
    if (this.size <= this.most) {
      if (received > this.body.length) this.grow(received)
      this.body.set(b.subarray(at, end), this.received)
    }
    this.received = received
  }

  /** Takes back the last `length` bytes, which will come again. */
  takeBack(length: number): void {
    this.received -= length
  }

  /** Exchange, routing key and content as a message is stored, behind the two bytes before them. */
  assemble(): { bytes: Uint8Array; keysLength: number } {
    requireSize(this.size, this.most)
    const keysLength = this.args.length - 3
    const frames = frameContent(this.header as Uint8Array, [this.body.subarray(0, this.received)], FRAME_SIZE)
    const bytes = new Uint8Array(keysLength + 1 + frames.length)
    bytes.set(this.args.subarray(2, 2 + keysLength))
    bytes[keysLength] = 0xce
    bytes.set(frames, keysLength + 1)
    return { bytes, keysLength }
  }

  /** The memory is free again. */
  drop(): void {
    this.front.assembling -= this.budget
    this.budget = 0
  }

  private grow(wanted: number): void {
    const length = Math.min(this.size, Math.max(wanted, FIRST_ROOM, this.body.length * 2))
    this.reserve(length - this.body.length)
    const body = new Uint8Array(length)
    body.set(this.body.subarray(0, this.received))
    this.body = body
  }

  private reserve(bytes: number): void {
    this.front.reserve(bytes)
    this.budget += bytes
  }
}
