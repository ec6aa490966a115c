import { headersOf } from '../../core/exchange/bindings.ts'
import { isDeathCycle, recordDeath } from '../../core/queue/death.ts'
import type { DeathReason, Queue } from '../../core/queue/queue.ts'
import { REDELIVERED, STATE } from '../../core/queue/queue-index.ts'
import { getU16, getU32 } from '../../std/bytes.ts'
import { AmqpError } from '../../wire/amqp/amqp-error.ts'
import { EMPTY_TABLE, type Table } from '../../wire/amqp/field.ts'
import { CLASS_BASIC, FRAME_END, FRAME_HEADER, FRAME_OVERHEAD, FRAME_PREFIX } from '../../wire/amqp/frame.ts'
import { decodeProperties, type Properties, writeHeader } from '../../wire/amqp/properties.ts'
import { Reader } from '../../wire/amqp/reader.ts'
import { Writer } from '../../wire/amqp/writer.ts'
import type { Broker } from '../broker.ts'
import { fitting, keepMessage, roomForKeeps } from '../exchange/keep.ts'
import { publish } from './publish.ts'

/**
 * The channel in a stored header frame that the broker wrote. No client's content comes on it, so that an `x-death` behind
 * it is known to be the broker's word.
 */
const OUR_CHANNEL = 0

/** What a death adds to a message, and what it takes in the journal beside. */
export const DEATH_ROOM = 4096

const writer = new Writer()

/** Where the parts of a stored message lie: see message-record.ts. */
interface Stored {
  readonly exchange: string
  readonly key: string
  readonly ours: boolean
  readonly properties: Properties
  readonly bodySize: number
  /** Where the body frames begin. */
  readonly body: number
}

/**
 * Publishes a dead letter, given as a stored message, to the queue's dead-letter exchange: with its deaths in its headers and without its
 * expiration. `handed` says that a client has had it before. It is dropped if there is no such exchange, if no queue takes it, or if it would go round in a circle.
 * The caller has checked the room for one copy; false if there is none for those that exchanges keep.
 */
export function republish(
  broker: Broker,
  queue: Queue,
  stored: Uint8Array,
  reason: DeathReason,
  handed: boolean,
): boolean {
  const { deadLetterExchange, deadLetterRoutingKey } = queue.settings
  const router = broker.vhosts.get(queue.vhost)?.router
  const exchange = router?.exchanges.get(deadLetterExchange ?? '')
  const letter = parse(stored)
  if (router === undefined || exchange === undefined || letter === null) return true
  const { properties } = letter
  const given = properties.headers ?? EMPTY_TABLE
  const copies = copiesOf(given)
  const headers = recordDeath(given, letter.ours, {
    queue: queue.name,
    reason,
    time: broker.env.clock.now(),
    exchange: letter.exchange,
    keys: [letter.key, ...copies],
    expiration: properties.expiration,
  })
  const key = deadLetterRoutingKey ?? letter.key
  const found: Queue[] = []
  const more = deadLetterRoutingKey === null ? copies : []
  router.route(exchange, key, more, headersOf({ ...properties, headers }), found)
  const size = stored.length + DEATH_ROOM
  const keeps = fitting(broker, router.keeps, more, size, size)
  const queues = reason === 'rejected' ? found : found.filter((one) => !isDeathCycle(headers, one.name))
  if (queues.length === 0 && keeps.length === 0) return true
  if (keeps.length > 0 && !broker.hasRoomForSettlement(size + roomForKeeps(keeps, more, size))) return false
  const keysLength = write(exchange.name, key, letter, headers, stored)
  const tails = queues.map((one) => one.index.tail)
  const message = {
    bytes: writer.bytes,
    keysAt: 0,
    keysLength,
    contentAt: keysLength,
    contentLength: writer.at - keysLength,
    persistent: properties.deliveryMode === 2,
    expiry: 0,
  }
  keepMessage(broker, keeps, more, message)
  if (queues.length > 0) publish(broker, queues, message)
  for (let i = 0; handed && i < queues.length; i++) markRedelivered(queues[i], tails[i])
  return true
}

/** A client has had the message before: its next delivery says so. Nothing happens if the queue did not take it. */
function markRedelivered(queue: Queue, sequence: number): void {
  const flags = queue.index.flags(sequence)
  if ((flags & STATE) !== 0) queue.index.setFlags(sequence, flags | REDELIVERED)
}

/** Null if its properties are not what they should be, which nobody has looked at before. */
function parse(stored: Uint8Array): Stored | null {
  const reader = new Reader(stored, 0, stored.length)
  try {
    const exchange = reader.shortstr()
    const key = reader.shortstr()
    const frame = reader.at + 1
    const payload = frame + FRAME_PREFIX
    const end = payload + getU32(stored, frame + 3)
    return {
      exchange,
      key,
      ours: getU16(stored, frame + 1) === OUR_CHANNEL,
      properties: decodeProperties(stored, payload, end),
      bodySize: getU32(stored, payload + 4) * 2 ** 32 + getU32(stored, payload + 8),
      body: end + FRAME_OVERHEAD - FRAME_PREFIX,
    }
  } catch (error) {
    if (error instanceof AmqpError) return null
    throw error
  }
}

/** Leaves the new message in `writer`; returns the length of exchange and key. */
function write(exchange: string, key: string, letter: Stored, headers: Table, stored: Uint8Array): number {
  writer.clear()
  writer.shortstr(exchange)
  writer.shortstr(key)
  const keysLength = writer.at
  writer.octet(FRAME_END)
  writer.octet(FRAME_HEADER)
  writer.short(OUR_CHANNEL)
  const size = writer.reserve(4)
  writeHeader(writer, CLASS_BASIC, letter.bodySize, { ...letter.properties, headers, expiration: undefined })
  writer.putLong(size, writer.at - size - 4)
  writer.octet(FRAME_END)
  writer.raw(stored.subarray(letter.body))
  return keysLength
}

function copiesOf(headers: Table): string[] {
  const field = headers.get('CC')
  if (field?.type !== 'A') return []
  return field.value.flatMap((one) => (one.type === 'S' && typeof one.value === 'string' ? [one.value] : []))
}
