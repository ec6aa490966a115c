import { type Admitted, admit, type Entry, isHeavy } from '../../core/partition/admit.ts'
import { BATCH_HEADER, maxTimestamp } from '../../core/partition/batch.ts'
import type { Topic } from './topic.ts'
import type { Topics } from './topics.ts'
import { workOn } from './work.ts'

/** Whether a batch, if it is one, has to be opened before it is appended. */
export function needsOpening(topics: Topics, topic: Topic, bytes: Uint8Array, at: number, length: number): boolean {
  const { opens, appendTime, timestampAfterMaxMs } = topic.settings
  if (opens || appendTime || length < BATCH_HEADER) return opens
  return maxTimestamp(bytes, at) - topics.broker.env.clock.now() > timestampAfterMaxMs
}

/**
 * Opens a batch, of which `checkAppend` said that it is whole, as its topic wants it: to pack it anew, to see that every record has a key, or to name
 * the records whose time is out of bounds. What takes long is done off the loop: then null is returned, and `done` called later.
 */
export function openBatch(
  topics: Topics,
  topic: Topic,
  bytes: Uint8Array,
  at: number,
  length: number,
  done: (error: Error | null, admitted: Admitted) => void,
): Admitted | null {
  const { settings } = topic
  const { clock, compute } = topics.broker.env
  const now = clock.now()
  const entry: Entry = {
    keys: settings.compacts,
    codec: settings.codec,
    level: settings.level,
    earliest: settings.appendTime ? Number.NEGATIVE_INFINITY : now - settings.timestampBeforeMaxMs,
    latest: settings.appendTime ? Number.POSITIVE_INFINITY : now + settings.timestampAfterMaxMs,
  }
  if (!isHeavy(bytes, at, entry)) return admit(bytes, at, entry)
  workOn(compute, { kind: 'admit', bytes: bytes.slice(at, at + length), entry }, done)
  return null
}
