import type { Keep } from '../../core/exchange/router.ts'
import { JOURNAL, SPILL } from '../../store/place.ts'
import type { Broker } from '../broker.ts'
import { scheduleRelease } from '../delay/schedule.ts'
import type { Message } from '../queue/message.ts'
import { Record } from '../records.ts'
import { writeKeys } from './kept-message.ts'
import type { KeptMessages } from './kept-messages.ts'
import { KEPT_HEAD, writeKeptHead, writeLetGo } from './kept-record.ts'

/** What one more record takes beside its payload, and what it takes to let an older message go. */
const RECORD = 64

/** Bytes of log that `keepMessage` needs at most. */
export function roomForKeeps(keeps: readonly Keep[], more: readonly string[], contentLength: number): number {
  if (keeps.length === 0) return 0
  return keeps.length * (contentLength + KEPT_HEAD + RECORD + writeKeys(more).length)
}

/**
 * Of what is to be kept of a message that the broker itself moves, as much as one journal entry surely takes beside `room`: all, unless it
 * is about half as long as a block.
 */
export function fitting(
  broker: Broker,
  keeps: readonly Keep[],
  more: readonly string[],
  contentLength: number,
  room: number,
): readonly Keep[] {
  const { longest } = broker.store.journal
  let fit = keeps
  while (fit.length > 0 && room + roomForKeeps(fit, more, contentLength) > longest) fit = fit.slice(0, -1)
  return fit
}

/**
 * Leaves the message with the exchanges that keep it, once for each. A durable exchange keeps it in the journal whatever its delivery
 * mode, as RabbitMQ's plugins do. `more` are its further routing keys. The caller has checked the room.
 */
export function keepMessage(broker: Broker, keeps: readonly Keep[], more: readonly string[], message: Message): void {
  if (keeps.length === 0) return
  const keys = writeKeys(more)
  for (const { exchange, delay } of keeps) {
    const kept = broker.kept.get(exchange.id)
    // In a transaction it may have gone meanwhile.
    if (kept === undefined) continue
    const due = delay > 0 ? broker.env.clock.now() + delay : 0
    store(broker, kept, keys, message, due)
    if (delay > 0) scheduleRelease(broker, kept)
    else forgetOldest(broker, kept)
  }
}

function store(broker: Broker, kept: KeptMessages, keys: Uint8Array, message: Message, due: number): void {
  const { store, arena } = broker
  const length = keys.length + message.keysLength + message.contentLength
  let place: number
  let at: number
  let position: number
  if (kept.exchange.properties.durable) {
    place = JOURNAL
    const start = store.journal.append(Record.kept, KEPT_HEAD + length)
    writeKeptHead(arena.bytes, start, kept.id, kept.index.tail, due)
    position = store.journal.position + KEPT_HEAD
    at = start + KEPT_HEAD
  } else {
    place = SPILL
    at = store.spill.append(length)
    position = store.spill.position
  }
  arena.bytes.set(keys, at)
  arena.copyFrom(message.bytes, at + keys.length, message.keysAt, message.keysLength)
  arena.copyFrom(message.bytes, at + keys.length + message.keysLength, message.contentAt, message.contentLength)
  store.retain(place, position, length)
  kept.add(place, position, length, due)
  broker.turn.touch()
}

/** What is beyond the exchange's history is kept no more. */
function forgetOldest(broker: Broker, kept: KeptMessages): void {
  while (kept.remembered.size > kept.exchange.history) {
    const sequence = kept.remembered.shift()!
    letGo(broker, kept, sequence)
    if (kept.exchange.properties.durable) writeLetGo(broker, kept.id, [sequence])
  }
}

/** The message's place in the index and its bytes are given up. False if it was gone already. */
export function letGo(broker: Broker, kept: KeptMessages, sequence: number): boolean {
  const { index } = kept
  const length = index.length(sequence)
  if (index.flags(sequence) === 0) return false
  broker.store.release(kept.place(sequence), index.position(sequence), length)
  return index.settle(sequence)
}
