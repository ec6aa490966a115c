import type { DeathReason, Queue } from '../../core/queue/queue.ts'
import type { Broker } from '../broker.ts'
import type { Message } from './message.ts'

/** The queue does not take a message that is to be dead-lettered then: it is put aside for `buryDead`. */
export function turnAway(broker: Broker, queue: Queue, message: Message, reason: DeathReason): void {
  const { bytes, keysAt, keysLength, contentAt, contentLength } = message
  const stored = new Uint8Array(keysLength + contentLength)
  stored.set(bytes.subarray(keysAt, keysAt + keysLength))
  stored.set(bytes.subarray(contentAt, contentAt + contentLength), keysLength)
  broker.turnedAway.push({ queue, stored, reason })
  broker.turn.touch()
}
