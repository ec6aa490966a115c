import { getF64, putF64 } from '../../std/bytes.ts'
import { Record } from '../records.ts'
import { hasRoomFor } from './room.ts'
import type { Topics } from './topics.ts'

/*
 * Producer ids below were given out, or may have been:
 *
 *   ┌───────────┐
 *   │ limit f64 │
 *   └───────────┘
 */
const LENGTH = 8
/** Ids that one record sets aside: those of them that were not given out when the process ends are lost. */
const BLOCK = 1000

/** An id that no producer has had before, or -1 when the disk is full. Good when the journal is durable up to its tail. */
export function newProducerId(topics: Topics): number {
  if (topics.nextProducerId === topics.producerIdLimit) {
    const { broker } = topics
    if (!hasRoomFor(broker, LENGTH)) return -1
    topics.producerIdLimit += BLOCK
    putF64(broker.arena.bytes, broker.store.journal.append(Record.producerIds, LENGTH), topics.producerIdLimit)
    broker.turn.touch()
  }
  return topics.nextProducerId++
}

export function applyProducerIds(topics: Topics, bytes: Uint8Array, at: number): void {
  const limit = Math.max(topics.producerIdLimit, getF64(bytes, at))
  topics.producerIdLimit = limit
  topics.nextProducerId = limit
}
