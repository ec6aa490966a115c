import type { Queue } from '../../core/queue/queue.ts'
import { DURABLE, PLACE_SHIFT } from '../../core/queue/queue-index.ts'
import { recordRoom } from '../../core/stream/record.ts'
import { getU32 } from '../../std/bytes.ts'
import { JOURNAL, SPILL } from '../../store/place.ts'
import { FRAME_PREFIX, HEADER_FIXED } from '../../wire/amqp/frame.ts'
import type { Broker } from '../broker.ts'
import { renewSettings } from '../policy/effective.ts'
import { Record } from '../records.ts'
import { watchHeads } from './expire.ts'
import { enforceLimits, isFull } from './limits.ts'
import type { Message } from './message.ts'
import { earlier, prefixLength, writePrefix } from './message-record.ts'
import { turnAway } from './turn-away.ts'

/** What became of a published message. */
export const ENQUEUED = 0
/** At least one queue was full and refuses publishers: nack. */
export const REJECTED = 1

/** Bytes of log that a message needs at most; ask `broker.hasRoom` for them before `publish`. */
export function roomFor(contentLength: number, queues: readonly Queue[]): number {
  let streams = 0
  for (let i = 0; i < queues.length; i++) if (queues[i].settings.type === 'stream') streams++
  const copy = streams > 0 && streams === queues.length ? 0 : contentLength
  return copy + 512 + prefixLength(queues.length) + (streams === 0 ? 0 : streams * recordRoom(contentLength))
}

/**
 * Puts a message into `queues`, each of which appears once. Its bytes are stored once: in the journal if one of the queues keeps it,
 * else in the spill. Queues that refuse it because they are full are left out.
 */
export function publish(broker: Broker, queues: Queue[], message: Message): number {
  let outcome = ENQUEUED
  let takers = queues
  for (let i = 0; i < queues.length; i++) {
    if (queues[i].settings.type === 'stream') return publishToStreams(broker, queues, message)
    if (!isFull(queues[i])) continue
    outcome = REJECTED
    takers = []
    for (const queue of queues) {
      if (isFull(queue)) turnAwayFull(broker, queue, message)
      else takers.push(queue)
    }
    break
  }
  if (takers.length > 0) enqueue(broker, takers, message)
  return outcome
}

/** Adds the message to the streams among `queues`, and puts it into the others. */
function publishToStreams(broker: Broker, queues: Queue[], message: Message): number {
  const others: Queue[] = []
  for (const queue of queues) {
    if (queue.settings.type === 'stream') broker.streams?.add(queue, message)
    else others.push(queue)
  }
  return others.length === 0 ? ENQUEUED : publish(broker, others, message)
}

function turnAwayFull(broker: Broker, queue: Queue, message: Message): void {
  const { overflow, deadLetterExchange } = queue.settings
  if (overflow === 'reject-publish-dlx' && deadLetterExchange !== null) turnAway(broker, queue, message, 'maxlen')
}

function enqueue(broker: Broker, queues: Queue[], message: Message): void {
  const length = message.keysLength + message.contentLength
  const durable = countKeeping(queues, message.persistent)
  const place = durable > 0 ? JOURNAL : SPILL
  let at: number
  let position: number
  if (durable > 0) {
    const prefix = prefixLength(durable)
    const start = broker.store.journal.append(Record.message, prefix + length)
    position = broker.store.journal.position + prefix
    at = writePrefix(broker.arena.bytes, start, queues, message.persistent, message.expiry)
  } else {
    at = broker.store.spill.append(length)
    position = broker.store.spill.position
  }
  broker.arena.copyFrom(message.bytes, at, message.keysAt, message.keysLength)
  broker.arena.copyFrom(message.bytes, at + message.keysLength, message.contentAt, message.contentLength)
  for (let i = 0; i < queues.length; i++) push(broker, queues[i], place, position, length, message)
}

function push(broker: Broker, queue: Queue, place: number, position: number, length: number, message: Message): void {
  // A policy that has not got round to the queue yet counts for the message all the same, as it does when the journal is replayed.
  if (queue.policyEpoch !== broker.policyEpoch) renewSettings(broker, queue)
  const settings = queue.settings
  const durable = queue.keeps(message.persistent)
  const ttl = settings.messageTtl
  let expiry = message.expiry
  let expired = false
  if (expiry !== 0 || ttl !== Number.POSITIVE_INFINITY) {
    const now = broker.env.clock.now()
    if (ttl !== Number.POSITIVE_INFINITY) expiry = earlier(expiry, now + ttl)
    expired = expiry <= now
    // As in RabbitMQ: a quorum queue waits at least a millisecond for a consumer.
    if (expired && queue.counts) expiry = now + 1
  }
  const flags = (durable ? DURABLE : 0) | (place << PLACE_SHIFT)
  const sequence = queue.enqueue(position, length, flags, expiry, message.priority)
  if (expired && sequence < queue.immediate) queue.immediate = sequence
  if (settings.maxBytes !== Number.POSITIVE_INFINITY) queue.noteOverhead(length - countedSize(queue, message))
  broker.store.retain(place, position, length)
  if (durable) queue.changedAt = broker.store.journal.tail
  enforceLimits(broker, queue)
  if (expiry !== 0 && queue.counts) watchHeads(broker, queue)
  broker.wake(queue)
}

/** What a limit on bytes counts: the body, as the header frame tells it (see `wire/amqp/frame.ts`), and in a quorum queue the properties. */
function countedSize(queue: Queue, { bytes, contentAt, contentLength }: Message): number {
  const frame = contentAt + 1
  const size = frame + FRAME_PREFIX + 4
  if (contentLength < 1 + FRAME_PREFIX + HEADER_FIXED) return 0
  const properties = queue.settings.type === 'quorum' ? getU32(bytes, frame + 3) - HEADER_FIXED : 0
  return getU32(bytes, size) * 2 ** 32 + getU32(bytes, size + 4) + properties
}

function countKeeping(queues: readonly Queue[], persistent: boolean): number {
  let count = 0
  for (let i = 0; i < queues.length; i++) if (queues[i].keeps(persistent)) count++
  return count
}
