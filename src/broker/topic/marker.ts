import { MARKER_BYTES, type Marker, putMarker } from '../../core/partition/control-batch.ts'
import type { Partition } from '../../core/partition/partition.ts'
import { putBatch } from './append.ts'
import type { Topics } from './topics.ts'

/** Bytes of journal that a marker takes, its record's header included. */
export const MARKER_ROOM = MARKER_BYTES + 32

const bytes = new Uint8Array(MARKER_BYTES)

/** Ends a producer's transaction in a partition; the room has been asked for. */
export function appendMarker(topics: Topics, partition: Partition, marker: Marker): void {
  const now = topics.broker.env.clock.now()
  putMarker(bytes, 0, marker, now)
  putBatch(topics, partition, bytes, 0, MARKER_BYTES, false, now)
}
