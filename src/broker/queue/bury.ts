import type { Queue } from '../../core/queue/queue.ts'
import { PLACE_SHIFT, STATE, UNACKED } from '../../core/queue/queue-index.ts'
import type { Broker } from '../broker.ts'
import { openParking } from './parking.ts'
import { DEATH_ROOM, republish } from './republish.ts'
import { setAside } from './set-aside.ts'
import { settle } from './settle.ts'

/** Dead letters of one queue moved in one turn. */
const RUN = 1024
/** How long a dead letter that has to arrive waits before its targets are looked for again. */
const RETRY_MS = 1000

/**
 * Moves given-up messages to their dead-letter exchanges: a stage of the turn. The new message and the settlement of the old one
 * are in the same journal entry, so that a crash neither loses nor doubles it.
 */
export function buryDead(broker: Broker): void {
  for (const { queue, stored, reason } of broker.turnedAway.splice(0)) {
    if (broker.hasRoomForSettlement(stored.length + DEATH_ROOM)) republish(broker, queue, stored, reason, 0)
  }
  const queues = broker.dyingQueues.splice(0)
  for (const queue of queues) {
    bury(broker, queue)
    if (queue.dying.length > 0) broker.dyingQueues.push(queue)
  }
}

function bury(broker: Broker, queue: Queue): void {
  let done = 0
  while (done < queue.dying.length && done < RUN && !queue.burying) {
    const { sequence, reason } = queue.dying[done]
    const flags = queue.index.flags(sequence)
    if ((flags & STATE) === UNACKED && !move(broker, queue, sequence, flags, reason)) break
    done++
  }
  queue.dying.splice(0, done)
  if (queue.dying.length === 0) broker.wake(queue)
  else if (!queue.burying) broker.turn.touch()
}

/** False if the message has to wait: for its bytes, for room in the journal, or for somebody who takes it. */
function move(
  broker: Broker,
  queue: Queue,
  sequence: number,
  flags: number,
  reason: Queue['dying'][number]['reason'],
): boolean {
  const { index } = queue
  const place = (flags >> PLACE_SHIFT) & 3
  const position = index.position(sequence)
  const length = index.length(sequence)
  const again = () => {
    queue.burying = false
    broker.turn.touch()
  }
  const at = broker.store.locate(place, position, length)
  if (at < 0) {
    queue.burying = true
    broker.store.load(place, position, length, (error) => {
      if (error !== null && index.position(sequence) === position) {
        // It stays where it is, as one that nobody acknowledges.
        queue.dying.shift()
        setAside(broker, queue, sequence, error)
      }
      again()
    })
    return false
  }
  const vhost = broker.vhosts.get(queue.vhost)
  const parks = queue.settings.deadLetterExchange === null && vhost !== undefined
  const room = (!parks || openParking(broker, vhost)) && broker.hasRoomForSettlement(length + DEATH_ROOM)
  const failures = index.failed(sequence)
  const stored = broker.arena.bytes.slice(at, at + length)
  const fate = room ? republish(broker, queue, stored, reason, failures) : 'no-room'
  if (fate !== 'done') {
    queue.burying = true
    if (fate === 'no-room') broker.whenRoom(again)
    else broker.timers.after(RETRY_MS, again)
    return false
  }
  settle(broker, queue, sequence)
  return true
}
