import type { Queue } from '../../core/queue/queue.ts'
import { StoreError } from '../../store/errors.ts'
import type { Broker } from '../broker.ts'
import { isUnderContract, underContract } from '../contract/check-message.ts'
import { fitting, keepMessage, letGo, roomForKeeps } from '../exchange/keep.ts'
import { readDelayed } from '../exchange/kept-message.ts'
import type { KeptMessages } from '../exchange/kept-messages.ts'
import { letGoRoom, writeLetGo } from '../exchange/kept-record.ts'
import { publish, roomFor } from '../queue/publish.ts'
import { fetchDue } from './fetch.ts'
import { releaseSoon, scheduleRelease } from './schedule.ts'

/** Messages, and bytes of them, that one exchange releases in one turn. */
const RUN = 1024
const RUN_BYTES = 1024 * 1024

/** Releases delayed messages that are due: a stage of the turn. */
export function releaseDue(broker: Broker): void {
  if (broker.releasing.length === 0) return
  for (const kept of broker.releasing.splice(0)) {
    kept.releasing = false
    if (!kept.deleted) release(broker, kept)
  }
}

/**
 * Routes due messages as if they had come now. What they become in their queues and that they are kept no more stands in the same
 * journal entry, so that a crash neither loses nor doubles one.
 */
function release(broker: Broker, kept: KeptMessages): void {
  const now = broker.env.clock.now()
  const released: number[] = []
  let bytes = 0
  let waits = false
  for (;;) {
    const sequence = kept.next()
    if (sequence < 0 || kept.due.due > now) break
    if (released.length === RUN || bytes > RUN_BYTES) {
      releaseSoon(broker, kept)
      break
    }
    bytes += kept.index.length(sequence)
    if (!releaseOne(broker, kept, sequence, now, released.length)) {
      waits = true
      break
    }
    kept.due.pop()
    letGo(broker, kept, sequence)
    kept.fetched.delete(sequence)
    released.push(sequence)
  }
  broker.streams?.flush()
  if (released.length > 0 && kept.exchange.properties.durable) writeLetGo(broker, kept.id, released)
  if (!waits) scheduleRelease(broker, kept)
}

/** False if the message has to wait: for its bytes, or for room in the logs. `before` messages still have to be let go in the journal. */
function releaseOne(broker: Broker, kept: KeptMessages, sequence: number, now: number, before: number): boolean {
  const again = () => {
    if (!kept.deleted) releaseSoon(broker, kept)
  }
  const bytes = bytesOf(broker, kept, sequence, now, again)
  if (bytes === null) return false
  const { message, more, key, headers } = readDelayed(bytes, now)
  const router = broker.vhosts.get(kept.vhost)!.router
  const queues: Queue[] = []
  router.route(kept.exchange, key, more, headers, queues)
  const size = message.keysLength + message.contentLength
  const room = roomFor(size, queues) + letGoRoom(before + 1)
  const keeps = fitting(broker, router.keeps, more, size, room)
  if (!broker.hasRoomForSettlement(room + roomForKeeps(keeps, more, size))) {
    kept.releasing = true
    broker.whenRoom(again)
    return false
  }
  const takers = isUnderContract(broker, null, queues)
    ? underContract(broker, kept.vhost, null, queues, message, 'was-confirmed').queues
    : queues
  if (takers.length > 0) publish(broker, takers, message)
  keepMessage(broker, keeps, more, message)
  return true
}

/** A copy of the message's bytes; null if they have to be read first: `again` is then called. */
function bytesOf(
  broker: Broker,
  kept: KeptMessages,
  sequence: number,
  now: number,
  again: () => void,
): Uint8Array | null {
  const { store, arena } = broker
  const { index, fetched, unfetched } = kept
  const [place, position, length] = [kept.place(sequence), index.position(sequence), index.length(sequence)]
  const at = store.locate(place, position, length)
  if (at >= 0) return arena.bytes.slice(at, at + length)
  const found = fetched.get(sequence)
  if (found !== undefined) return found.slice()
  kept.releasing = true
  if (unfetched.has(sequence)) {
    store.load(place, position, length, (error) => {
      if (error !== null && kept.next() === sequence) setAside(broker, kept, sequence, error)
      again()
    })
    return null
  }
  fetched.clear()
  unfetched.clear()
  fetchDue(broker, kept, now, again)
  return null
}

/** A message whose bytes the disk does not give back is kept and reported; those behind it go on. The next start tries it again. */
function setAside(broker: Broker, kept: KeptMessages, sequence: number, error: Error): void {
  kept.due.pop()
  kept.aside++
  const file = error instanceof StoreError ? (error.file ?? '') : ''
  const { vhost, exchange } = kept
  broker.report({ kind: 'delayed-set-aside', vhost, exchange: exchange.name, sequence, file, reason: error.message })
}
