import type { DeathReason, Queue } from '../../core/queue/queue.ts'
import type { Broker } from '../broker.ts'

/** Publishes a dead letter, given as a stored message, to the queue's dead-letter exchange. */
export function republish(_broker: Broker, _queue: Queue, _stored: Uint8Array, _reason: DeathReason): void {}
