import { mustCompile, underContract } from '../broker/contract/check-message.ts'
import { keepMessage, roomForKeeps } from '../broker/exchange/keep.ts'
import { LazyHeaders } from '../broker/exchange/lazy-headers.ts'
import type { Message } from '../broker/queue/message.ts'
import { publish, REJECTED, roomFor } from '../broker/queue/publish.ts'
import { NO_KEEPS } from '../core/exchange/router.ts'
import type { Queue } from '../core/queue/queue.ts'
import { getU16 } from '../std/bytes.ts'
import { AmqpError } from '../wire/amqp/amqp-error.ts'
import { FRAME_BODY, FRAME_END, FRAME_HEADER, FRAME_OVERHEAD, FRAME_PREFIX, HEADER_FIXED } from '../wire/amqp/frame.ts'
import { basic } from '../wire/amqp/methods.ts'
import { HeaderFacts, skimHeader } from '../wire/amqp/skim.ts'
import type { Channel } from './channel.ts'
import { bodySize, type Content, requireSize } from './content.ts'
import { contentMessage } from './delivery.ts'
import { REPLY_TO } from './reply-to.ts'
import { rewriteContent, routingCopies } from './rewrite.ts'
import type { Route } from './route.ts'
import { TOO_LARGE } from './transaction.ts'

/** The message is not whole yet: look again when more has come. */
export const INCOMPLETE = -1
/** Its frames do not lie in a row: gather them. */
export const SCATTERED = -2

/** From class and method of a basic.publish frame to its exchange. */
const TO_KEYS = FRAME_PREFIX + 4 + 2
const DELIVERY_MODE_PERSISTENT = 2
/** Property flags that mean something, in the second of their bytes. */
const FLAGS_KNOWN = 0xfc
/** Ten years, in milliseconds. */
const EXPIRATION_MAX = 315_360_000_000

const facts = new HeaderFacts()
const lazy = new LazyHeaders()
const message: Message = {
  bytes: new Uint8Array(0),
  keysAt: 0,
  keysLength: 0,
  contentAt: 0,
  contentLength: 0,
  persistent: false,
  expiry: 0,
  priority: -1,
}

/**
 * Looks for the header frame and all body frames right behind a basic.publish frame, whose end octet is at `last`. Returns the place behind
 * the message, INCOMPLETE, or SCATTERED where it can't be taken as it lies (which is also where a frame is refused). `limit` is how far it may reach.
 */
export function findEnd(channel: Channel, b: Uint8Array, last: number, end: number, limit: number): number {
  const header = last + 1
  if (end - header < FRAME_PREFIX) return INCOMPLETE
  const { frameMax } = channel.connection
  if (size(b, header) > frameMax) return SCATTERED
  if (b[header] !== FRAME_HEADER || getU16(b, header + 1) !== channel.number) return SCATTERED
  const headerEnd = header + FRAME_OVERHEAD + size(b, header)
  if (headerEnd > limit) return SCATTERED
  if (headerEnd > end) return INCOMPLETE
  if (b[headerEnd - 1] !== FRAME_END || size(b, header) < HEADER_FIXED) return SCATTERED
  const rest = header + FRAME_PREFIX + 4
  let left = ((b[rest + 4] << 24) | (b[rest + 5] << 16) | (b[rest + 6] << 8) | b[rest + 7]) >>> 0
  if ((b[rest] | b[rest + 1] | b[rest + 2] | b[rest + 3]) !== 0 || headerEnd + left > limit) return SCATTERED
  let p = headerEnd
  while (left > 0) {
    if (end - p < FRAME_PREFIX) return INCOMPLETE
    if (b[p] !== FRAME_BODY || getU16(b, p + 1) !== channel.number) return SCATTERED
    const length = size(b, p)
    const next = p + FRAME_OVERHEAD + length
    // An empty frame within a body is not handed on.
    if (length === 0 || length > left || length > frameMax || next > limit) return SCATTERED
    if (next > end) return INCOMPLETE
    if (b[next - 1] !== FRAME_END) return SCATTERED
    left -= length
    p = next
  }
  return p
}

function size(b: Uint8Array, frame: number): number {
  return ((b[frame + 3] << 24) | (b[frame + 4] << 16) | (b[frame + 5] << 8) | b[frame + 6]) >>> 0
}

/** Takes a message that lies in a row: `b[at, end)`, its basic.publish frame ending at `last`. False if the logs have no room now. */
export function takeWhole(channel: Channel, b: Uint8Array, at: number, last: number, end: number): boolean {
  message.bytes = b
  message.keysAt = at + TO_KEYS
  message.keysLength = last - 1 - message.keysAt
  message.contentAt = last
  message.contentLength = end - last
  return take(channel, b, at + FRAME_PREFIX + 4, last)
}

/** Takes a message that was gathered. False if the logs have no room now. */
export function takeGathered(channel: Channel, content: Content): boolean {
  const { bytes, keysLength } = content.assemble()
  message.bytes = bytes
  message.keysAt = 0
  message.keysLength = keysLength
  message.contentAt = keysLength
  message.contentLength = bytes.length - keysLength
  return take(channel, content.args, 0, content.args.length)
}

/** `args[argsAt, argsEnd)` are the arguments of basic.publish; the rest is in `message`. */
function take(channel: Channel, args: Uint8Array, argsAt: number, argsEnd: number): boolean {
  const { broker, route, confirms, transaction } = channel
  const b = message.bytes
  const header = message.contentAt + 1 + FRAME_PREFIX
  const headerEnd = header + size(b, message.contentAt + 1)
  requireSize(bodySize(b, header, headerEnd), broker.options.maxMessageSize)
  route.open(args, argsAt, argsEnd)
  skimHeader(b, header, headerEnd, facts)
  b[header + HEADER_FIXED + 1] &= FLAGS_KNOWN
  lazy.set(b, facts.headersAt, header, headerEnd)
  // In RabbitMQ's order, so that a message with two faults gets the same answer.
  const direct = facts.replyToAt >= 0 && isDirect(channel, b, facts.replyToAt)
  message.persistent = facts.deliveryMode === DELIVERY_MODE_PERSISTENT
  message.priority = facts.priority
  message.expiry = facts.expirationAt < 0 ? 0 : broker.env.clock.now() + expiration(b, facts.expirationAt)
  const more = facts.copies ? routingCopies(lazy.headers()) : NONE
  route.authorize(more)
  if (facts.userIdAt >= 0) checkUser(channel, b, facts.userIdAt)
  route.find(more, lazy)
  if (route.checked && mustCompile(broker, route.exchange, route.queues, message)) return false
  if (facts.copies || direct) rewrite(channel, direct)
  const { queues, keeps } = route
  const length = message.keysLength + message.contentLength
  const room = roomFor(length, queues) + roomForKeeps(keeps, more, length)
  if (transaction !== null) keep(channel, room)
  else {
    if (!broker.hasRoom(room)) {
      const { longest } = broker.store.journal
      if (room <= longest) return false
      throw new AmqpError('precondition-failed', `message size ${room} is larger than configured max size ${longest}`)
    }
    const before = broker.store.journal.tail
    if (confirms.on) {
      confirms.count()
      channel.noteTurn()
    }
    const outcome = hand(channel, message, route)
    const after = broker.store.journal.tail
    if (after !== before) confirms.position = after
    if (confirms.on) confirmStreams(channel, queues)
    if (outcome === REJECTED && confirms.on) {
      broker.streams?.flush()
      confirms.reject(broker.store.journal.tail)
    }
  }
  return true
}

/** What streams take is in the journal when the turn ends: confirms wait for that. */
function confirmStreams({ confirms }: Channel, queues: readonly Queue[]): void {
  for (let i = 0; i < queues.length; i++) if (queues[i].settings.type === 'stream') confirms.late = true
}

const NONE: readonly string[] = []

/** Where a message goes. */
export type Routed = Pick<Route, 'exchange' | 'queues' | 'keeps' | 'more' | 'mandatory' | 'replyToken' | 'checked'>

/**
 * Leaves a message with the exchanges that keep it and puts it into the queues it was routed to, or tells the publisher that there are
 * none: also of a message that has only been delayed, as RabbitMQ's plugin does.
 */
export function hand(channel: Channel, what: Message, to: Routed): number {
  return to.checked ? handChecked(channel, what, to) : handOn(channel, what, to)
}

/** Contracts are asked first: who breaks them is told so, or left out. */
function handChecked(channel: Channel, what: Message, to: Routed): number {
  const { broker, vhost, confirms } = channel
  const { exchange, keeps } = to
  const hears = confirms.on ? 'nack' : 'nothing'
  const { queues, refused, stopped } = underContract(broker, vhost.name, exchange, to.queues, what, hears)
  if (!refused) return handOn(channel, what, to)
  if (stopped) return REJECTED
  if (queues.length > 0) handOn(channel, what, { ...to, queues })
  else if (keeps !== NO_KEEPS) keepMessage(broker, keeps, to.more, what)
  return REJECTED
}

function handOn(channel: Channel, what: Message, to: Routed): number {
  const { queues, mandatory, replyToken } = to
  if (to.keeps !== NO_KEEPS) keepMessage(channel.broker, to.keeps, to.more, what)
  if (queues.length > 0) return publish(channel.broker, queues, what)
  const target = replyToken === null ? undefined : channel.connection.front.replyTargets.get(replyToken)
  if (target !== undefined) target.deliverReply(what)
  else if (mandatory) giveBack(channel, what)
  return 0
}

function giveBack(channel: Channel, what: Message): void {
  const { output, frameMax } = channel.connection
  const bytes = contentMessage(channel.number, frameMax, basic.return, what, (to) => {
    to.short(312)
    to.shortstr('NO_ROUTE')
  })
  output.append(bytes, 0, bytes.length)
}

/** In a transaction: routed now, published when it is committed. */
function keep(channel: Channel, room: number): void {
  const { route } = channel
  if (channel.transaction?.fits(room) === false) throw new AmqpError('resource-error', TOO_LARGE)
  const { keysAt, keysLength, contentAt, contentLength } = message
  const bytes = new Uint8Array(keysLength + contentLength)
  bytes.set(message.bytes.subarray(keysAt, keysAt + keysLength))
  bytes.set(message.bytes.subarray(contentAt, contentAt + contentLength), keysLength)
  const kept: Message = { ...message, bytes, keysAt: 0, contentAt: keysLength }
  const { exchange, queues, keeps, more, mandatory, replyToken, checked } = route
  channel.transaction?.publish({ message: kept, exchange, queues, keeps, more, mandatory, replyToken, checked }, room)
}

/** Stores what RabbitMQ would: without BCC, and with a reply-to that leads back here. */
function rewrite(channel: Channel, direct: boolean): void {
  rewriteContent(message, (properties) => {
    const headers = new Map(properties.headers ?? [])
    headers.delete('BCC')
    return {
      ...properties,
      headers: properties.headers === undefined ? undefined : headers,
      replyTo: direct ? `${REPLY_TO}.${channel.replyTo?.token}` : properties.replyTo,
    }
  })
}

function text(b: Uint8Array, at: number): string {
  return Buffer.from(b.buffer, b.byteOffset + at + 1, b[at]).toString('utf8')
}

/** Whether the reply-to asks for direct replies, which somebody must wait for on the channel. */
function isDirect(channel: Channel, b: Uint8Array, at: number): boolean {
  if (b[at] !== REPLY_TO.length || text(b, at) !== REPLY_TO) return false
  if (channel.replyTo !== null) return true
  throw new AmqpError('precondition-failed', 'fast reply consumer does not exist')
}

function checkUser(channel: Channel, b: Uint8Array, at: number): void {
  const user = text(b, at)
  if (user === channel.connection.user || channel.rights.mayImpersonate()) return
  throw new AmqpError(
    'precondition-failed',
    `user_id property set to '${user}' but authenticated user was '${channel.connection.user}'`,
  )
}

/** The milliseconds in an expiration property: digits, or the error that RabbitMQ has for it. */
function expiration(b: Uint8Array, at: number): number {
  const length = b[at]
  let value = 0
  for (let i = 1; i <= length; i++) {
    const digit = b[at + i] - 0x30
    if (digit < 0 || digit > 9) return badExpiration(text(b, at))
    value = value * 10 + digit
  }
  return length === 0 || value > EXPIRATION_MAX ? badExpiration(text(b, at)) : value
}

function badExpiration(given: string): number {
  const [, number, rest] = /^([+-]?\d+)(.*)$/s.exec(given) ?? []
  if (number === undefined) throw expirationError(given, 'no_integer')
  if (rest !== '') throw expirationError(given, `{leftover_string,${JSON.stringify(rest)}}`)
  const value = Number(number)
  if (value > EXPIRATION_MAX) throw expirationError(given, `{value_too_large,${BigInt(number)}}`)
  if (value < 0) throw expirationError(given, `{value_negative,${number}}`)
  return value
}

function expirationError(given: string, why: string): AmqpError {
  return new AmqpError('precondition-failed', `invalid expiration '${given}': ${why}`)
}
