import type { Broker } from '../broker.ts'

/**
 * Whether records and facts of `bytes` may be appended now. One that may not waits with `broker.whenRoom`, or is refused where
 * the journal is full.
 */
export function hasRoomFor(broker: Broker, bytes: number): boolean {
  return !broker.memory.alarm && broker.hasRoomForDefinition(bytes, false)
}
