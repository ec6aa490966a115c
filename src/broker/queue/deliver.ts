import type { Consumer } from '../../core/queue/consumer.ts'
import type { Queue } from '../../core/queue/queue.ts'
import { PLACE_SHIFT, REDELIVERED } from '../../core/queue/queue-index.ts'
import type { Broker } from '../broker.ts'
import { withCounts } from './counted-headers.ts'
import { expireHead } from './expire.ts'
import { noteHanded } from './queue-facts.ts'
import { setAside } from './set-aside.ts'
import { settle } from './settle.ts'

/** How many messages of one queue go out before the others have their turn. */
const RUN = 4096
/**
 * How often each queue has its turn before the turn ends. One look at the network may bring 32 reads of 256 KiB from one publisher: what
 * went out at most has to be more than that, or a queue grows although its consumer could keep up.
 */
const ROUNDS = 32

/** Hands out what every woken queue has to those who can take it: a stage of the turn. */
export function deliverWoken(broker: Broker): void {
  const queues = broker.wokenQueues
  for (let round = 0; round < ROUNDS && queues.length > 0; round++) {
    const count = queues.length
    for (let i = 0; i < count; i++) {
      queues[i].woken = false
      if (queues[i].settings.type === 'stream') broker.streams?.deliver(queues[i])
      else deliver(broker, queues[i])
    }
    queues.splice(0, count)
  }
}

/**
 * Before somebody takes from a queue, counts it, or joins or leaves its consumers: what came earlier in this turn is theirs who were there by then.
 * Streams are read, not shared out.
 */
export function deliverFirst(broker: Broker, queue: Queue): void {
  if (queue.woken && queue.consumers.size > 0 && queue.settings.type !== 'stream') deliver(broker, queue)
}

/** Delivers ready messages of one queue in order, to its consumers in turn, until either runs out. */
export function deliver(broker: Broker, queue: Queue): void {
  queue.consumers.wake()
  for (let n = 0; n < RUN; n++) {
    if (queue.loading) return
    if (!expireHead(broker, queue)) return
    const sequence = queue.peek()
    const consumer = sequence < 0 ? null : nextConsumer(queue)
    if (consumer === null) {
      if (queue.immediate === Number.POSITIVE_INFINITY) return
      queue.immediate = Number.POSITIVE_INFINITY
      continue
    }
    if (!hand(broker, queue, sequence, consumer)) return
  }
  broker.wake(queue)
}

function nextConsumer({ settings, consumers, counts }: Queue): Consumer<Queue> | null {
  return settings.singleActiveConsumer ? consumers.nextSingle(counts) : consumers.next()
}

/** Whether somebody takes a message that has just come to the queue at once, because nothing is before it. */
export function isTakenAtOnce(queue: Queue): boolean {
  if (queue.ready !== 1 || queue.loading) return false
  queue.consumers.wake()
  return nextConsumer(queue) !== null
}

/** Delivers one message; false if its bytes have to be read from the disk first. */
function hand(broker: Broker, queue: Queue, sequence: number, consumer: Consumer<Queue>): boolean {
  const index = queue.index
  const flags = index.flags(sequence)
  const position = index.position(sequence)
  const length = index.length(sequence)
  const at = broker.store.locate((flags >> PLACE_SHIFT) & 3, position, length)
  if (at < 0) {
    load(broker, queue, sequence)
    return false
  }
  queue.take(sequence)
  if (queue.counts) handCounted(broker, queue, sequence, consumer, at, length)
  else consumer.deliver(queue, sequence, broker.arena.bytes, at, length, (flags & REDELIVERED) !== 0)
  if (!queue.settings.singleActiveConsumer) queue.consumers.served(consumer, queue.counts)
  if (consumer.noAck) settle(broker, queue, sequence)
  return true
}

/** The same of a queue that counts: what was handed out before says how often. */
function handCounted(
  broker: Broker,
  queue: Queue,
  sequence: number,
  consumer: Consumer<Queue>,
  at: number,
  length: number,
): void {
  const { bytes } = broker.arena
  if (!consumer.noAck) noteHanded(broker, queue, sequence)
  if (queue.handouts(sequence) === 0) {
    consumer.deliver(queue, sequence, bytes, at, length, false)
    return
  }
  const counted = withCounts(queue, sequence, bytes, at, length)
  consumer.deliver(queue, sequence, counted, 0, counted.length, true)
}

/** Reads the bytes of a message, and of those behind it, into memory; the queue is delivered again when they are there. */
export function load(broker: Broker, queue: Queue, sequence: number, loaded?: () => void): void {
  const index = queue.index
  const place = (index.flags(sequence) >> PLACE_SHIFT) & 3
  const position = index.position(sequence)
  queue.loading = true
  broker.store.load(place, position, index.length(sequence), (error) => {
    queue.loading = false
    // Its bytes may lie elsewhere by now, or be gone.
    if (error !== null && index.position(sequence) === position) setAside(broker, queue, sequence, error)
    broker.wake(queue)
    loaded?.()
  })
}
