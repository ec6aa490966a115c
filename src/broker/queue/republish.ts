import { headersOf } from '../../core/exchange/bindings.ts'
import type { Keep } from '../../core/exchange/router.ts'
import { isDeathCycle, recordDeath } from '../../core/queue/death.ts'
import type { DeathReason, Queue } from '../../core/queue/queue.ts'
import { REDELIVERED, STATE } from '../../core/queue/queue-index.ts'
import { EMPTY_TABLE, type Table } from '../../wire/amqp/field.ts'
import type { Properties } from '../../wire/amqp/properties.ts'
import { Writer } from '../../wire/amqp/writer.ts'
import type { Broker } from '../broker.ts'
import { fitting, keepMessage, roomForKeeps } from '../exchange/keep.ts'
import { isTakenAtOnce } from './deliver.ts'
import { isFull } from './limits.ts'
import { PARKING } from './parking.ts'
import { publish, roomFor } from './publish.ts'
import { noteCounted } from './queue-facts.ts'
import { readStored, writeStored } from './stored-message.ts'

/**
 * The channel in a stored header frame that the broker wrote. No client's content comes on it, so that an `x-death` behind
 * it is known to be the broker's word.
 */
const OUR_CHANNEL = 0

/** What a death adds to a message, and what it takes in the journal beside. */
export const DEATH_ROOM = 4096

const writer = new Writer()

/** Where a dead letter goes: to queues, and to exchanges that keep it. */
interface Destination {
  readonly exchange: string
  readonly key: string
  /** Further routing keys. */
  readonly more: readonly string[]
  readonly queues: Queue[]
  readonly keeps: readonly Keep[]
}

const NOTHING: readonly never[] = []

/**
 * Publishes a dead letter, given as a stored message, to the queue's dead-letter exchange: with its deaths in its headers and without its
 * expiration. `failures` is how often clients had it and refused it, or were gone: a queue that counts goes on from there.
 * It is dropped if there is no such exchange, if nobody takes it, or if it would go round in a circle; but a queue that delivers its dead
 * letters at least once then gets 'no-taker'. The caller has checked the room for one copy; 'no-room' says that there is none for those
 * that exchanges keep.
 */
export function republish(
  broker: Broker,
  queue: Queue,
  stored: Uint8Array,
  reason: DeathReason,
  failures: number,
): 'done' | 'no-room' | 'no-taker' {
  const letter = readStored(stored, 0, stored.length)
  if (letter === null) return 'done'
  const { properties } = letter
  const given = properties.headers ?? EMPTY_TABLE
  const headers = recordDeath(given, letter.channel === OUR_CHANNEL, {
    queue: queue.name,
    reason,
    time: broker.env.clock.now(),
    exchange: letter.exchange,
    keys: [letter.key, ...copiesOf(given)],
    expiration: properties.expiration,
  })
  const dead = { ...properties, headers, expiration: undefined }
  const size = stored.length + DEATH_ROOM
  const { exchange, key, more, queues, keeps } = findDestination(broker, queue, reason, letter.key, dead, size)
  const nobody = queues.length === 0 && keeps.length === 0
  if (queue.settings.deadLetterAtLeastOnce && (nobody || queues.some(isFull))) return 'no-taker'
  if (nobody) return 'done'
  if (keeps.length > 0 && !broker.hasRoomForSettlement(size + roomForKeeps(keeps, more, size))) return 'no-room'
  const streams = queues.some((one) => one.settings.type === 'stream')
  if (streams && !broker.hasRoomForSettlement(roomFor(size, queues) + roomForKeeps(keeps, more, size))) return 'no-room'
  const keysLength = writeStored(writer, letter, { exchange, key, channel: OUR_CHANNEL, properties: dead })
  const tails = queues.map((one) => one.index.tail)
  const message = {
    bytes: writer.bytes,
    keysAt: 0,
    keysLength,
    contentAt: keysLength,
    contentLength: writer.at - keysLength,
    persistent: properties.deliveryMode === 2,
    expiry: 0,
    priority: properties.priority ?? -1,
  }
  keepMessage(broker, keeps, more, message)
  if (queues.length > 0) publish(broker, queues, message)
  for (let i = 0; failures > 0 && i < queues.length; i++) markFailed(broker, queues[i], tails[i], failures)
  return 'done'
}

function findDestination(
  broker: Broker,
  queue: Queue,
  reason: DeathReason,
  key: string,
  dead: Properties & { readonly headers: Table },
  size: number,
): Destination {
  const { deadLetterExchange, deadLetterRoutingKey } = queue.settings
  const vhost = broker.vhosts.get(queue.vhost)
  if (deadLetterExchange === null) {
    const parking = vhost?.queues.get(PARKING)
    const queues = parking === undefined ? [] : [parking]
    return { exchange: '', key: PARKING, more: NOTHING, queues, keeps: NOTHING }
  }
  const to = deadLetterRoutingKey ?? key
  const more = deadLetterRoutingKey === null ? copiesOf(dead.headers) : NOTHING
  const found: Queue[] = []
  const exchange = vhost?.router.exchanges.get(deadLetterExchange)
  if (vhost !== undefined && exchange !== undefined) {
    vhost.router.route(exchange, to, more, headersOf(dead), found)
  }
  const keeps = exchange === undefined ? NOTHING : fitting(broker, vhost?.router.keeps ?? NOTHING, more, size, size)
  const queues = reason === 'rejected' ? found : found.filter((one) => !isDeathCycle(dead.headers, one.name))
  return { exchange: deadLetterExchange, key: to, more, queues, keeps }
}

/**
 * The message has failed before: its next delivery says so, but in a classic queue not if it goes straight to a consumer. Nothing
 * happens if the queue did not take it.
 */
function markFailed(broker: Broker, queue: Queue, sequence: number, failures: number): void {
  const flags = queue.index.flags(sequence)
  if ((flags & STATE) === 0) return
  if (queue.knowsFailures) queue.index.setCounts(sequence, 0, failures)
  if (queue.counts) noteCounted(broker, queue, sequence)
  else if (!isTakenAtOnce(queue)) queue.index.setFlags(sequence, flags | REDELIVERED)
}

function copiesOf(headers: Table): string[] {
  const field = headers.get('CC')
  if (field?.type !== 'A') return []
  return field.value.flatMap((one) => (one.type === 'S' && typeof one.value === 'string' ? [one.value] : []))
}
