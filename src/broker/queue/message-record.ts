import type { Queue } from '../../core/queue/queue.ts'
import { DURABLE, PLACE_SHIFT, READY } from '../../core/queue/queue-index.ts'
import { getF64, getU16, getU32, getU48, putF64, putU16, putU32, putU48 } from '../../std/bytes.ts'
import { JOURNAL } from '../../store/place.ts'
import { FRAME_PREFIX } from '../../wire/amqp/frame.ts'
import { HeaderFacts, skimHeader } from '../../wire/amqp/skim.ts'
import type { Broker } from '../broker.ts'
import { renewSettings } from '../policy/effective.ts'

/*
 * A message in the journal. The stored message is what a basic.deliver ends with, so that a delivery is one copy.
 *
 *   ┌───────────┬────────────────────────────────────┬────────────┬──────────────────────────────────────────────┐
 *   │ count u16 │ count x (queue id u32, sequence u48)│ expiry f64 │ exchange │ routing key │ 0xCE │ content frames │
 *   └───────────┴────────────────────────────────────┴────────────┴──────────────────────────────────────────────┘
 *                                                                  └ stored message: the position in the indexes
 *
 * `expiry` is the instant from the message's own expiration property, 0 without one; a queue's time to live is added from the frame's time.
 */

/** Bytes before the stored message, for a message in `count` durable queues. */
export function prefixLength(count: number): number {
  return 2 + count * 10 + 8
}

/** Writes the prefix for those of `queues` that keep the message, whose sequences will be their next. Returns where the message goes. */
export function writePrefix(
  bytes: Uint8Array,
  at: number,
  queues: readonly Queue[],
  persistent: boolean,
  expiry: number,
): number {
  let end = at + 2
  let count = 0
  for (let i = 0; i < queues.length; i++) {
    const queue = queues[i]
    if (!queue.keeps(persistent)) continue
    putU32(bytes, end, queue.id)
    putU48(bytes, end + 4, queue.index.tail)
    end += 10
    count++
  }
  putU16(bytes, at, count)
  putF64(bytes, end, expiry)
  return end + 8
}

/** Puts a message back into its queues at recovery. Live bytes are counted when all is applied. */
export function applyMessage(
  broker: Broker,
  bytes: Uint8Array,
  at: number,
  length: number,
  position: number,
  time: number,
): void {
  const count = getU16(bytes, at)
  const prefix = prefixLength(count)
  const expiry = getF64(bytes, at + 2 + count * 10)
  for (let i = 0; i < count; i++) {
    const entry = at + 2 + i * 10
    const queue = broker.queuesById.get(getU32(bytes, entry))
    if (queue === undefined) continue
    // A policy that stands before it in the journal counts for it, and one behind it does not.
    if (queue.policyEpoch !== broker.policyEpoch) renewSettings(broker, queue)
    const expires = earlier(
      expiry,
      queue.settings.messageTtl === Number.POSITIVE_INFINITY ? 0 : time + queue.settings.messageTtl,
    )
    const flags = DURABLE | (JOURNAL << PLACE_SHIFT)
    const sequence = getU48(bytes, entry + 4)
    if (!queue.index.restore(sequence, position + prefix, length - prefix, flags | READY, expires)) continue
    if (queue.prioritized) queue.setPriority(sequence, priorityOf(bytes, at + prefix))
  }
}

const facts = new HeaderFacts()

/** The priority that the stored message at `at` names, -1 if none. */
function priorityOf(bytes: Uint8Array, at: number): number {
  let frame = at + 1 + bytes[at]
  frame += 2 + bytes[frame]
  const payload = frame + FRAME_PREFIX
  skimHeader(bytes, payload, payload + getU32(bytes, frame + 3), facts)
  return facts.priority
}

/** The earlier of two instants, of which 0 means never. */
export function earlier(a: number, b: number): number {
  if (a === 0) return b
  return b === 0 || a < b ? a : b
}
