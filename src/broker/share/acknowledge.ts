import { Delivery, type Run } from '../../core/delivery/window.ts'
import type { SharePartition } from './share-partition.ts'
import { stateRoom } from './share-record.ts'
import type { ShareSession } from './share-sessions.ts'
import type { Shares } from './shares.ts'

/** What a member says of records: a word for each, or one for all. */
export const Acknowledge = { gap: 0, accept: 1, release: 2, reject: 3, renew: 4 } as const

export interface AckBatch {
  readonly firstOffset: number
  readonly lastOffset: number
  readonly acknowledgeTypes: readonly number[]
}

export type AckRefusal =
  | 'none'
  | 'not-found'
  | 'begins-past-the-end'
  | 'past-the-end'
  | 'not-the-owner'
  | 'not-acquired'
  | 'no-room'

/** Why what a member says of records of one partition can't be taken. */
export function refusalOf(
  shares: Shares,
  share: SharePartition | undefined,
  session: ShareSession,
  batches: readonly AckBatch[],
): AckRefusal {
  const window = share?.window
  if (share === undefined || window == null) return 'not-acquired'
  const log = shares.logOf(share)
  if (log !== undefined) window.moveStart(log.logStartOffset)
  let before = -1
  for (const { firstOffset, lastOffset } of batches) {
    if (lastOffset < window.start) continue
    if (window.size === 0) return 'not-found'
    if (lastOffset >= window.end) return firstOffset >= window.end ? 'begins-past-the-end' : 'past-the-end'
    // Of a record that was spoken of before, nothing is left to say.
    if (firstOffset === before) return 'not-acquired'
    before = lastOffset
    if (window.areWith(session.owner, firstOffset, lastOffset)) continue
    // The first record that is in the way is told.
    let offset = firstOffset
    while (window.areWith(session.owner, offset, offset)) offset++
    return window.areAcquired(offset, offset) ? 'not-the-owner' : 'not-acquired'
  }
  return 'none'
}

/** Takes what a member says of records of one partition: of all of them, or of none. */
export function acknowledge(
  shares: Shares,
  share: SharePartition | undefined,
  session: ShareSession,
  batches: readonly AckBatch[],
): AckRefusal {
  const refusal = refusalOf(shares, share, session, batches)
  const window = share?.window
  if (refusal !== 'none' || share === undefined || window == null) return refusal
  const limit = shares.deliveryLimit(share.group)
  const lockMs = shares.configs.number(share.group, 'share.record.lock.duration.ms')
  const deadline = shares.broker.env.clock.elapsed() + lockMs
  const runs: Run[] = []
  for (const { firstOffset, lastOffset, acknowledgeTypes } of batches) {
    for (const { first, last, type } of sameTypes(firstOffset, lastOffset, acknowledgeTypes)) {
      if (type === Acknowledge.renew) window.renew(first, last, deadline)
      else if (type === Acknowledge.release) window.released(first, last, limit, runs)
      else window.settled(first, last, type === Acknowledge.accept ? Delivery.acknowledged : Delivery.archived, runs)
    }
  }
  return shares.record(share, runs) ? 'none' : 'no-room'
}

/** Neighbours of which the same is said. */
function* sameTypes(firstOffset: number, lastOffset: number, types: readonly number[]) {
  if (types.length === 1) {
    yield { first: firstOffset, last: lastOffset, type: types[0]! }
    return
  }
  let start = 0
  for (let i = 1; i <= types.length; i++) {
    if (i < types.length && types[i] === types[start]) continue
    yield { first: firstOffset + start, last: firstOffset + i - 1, type: types[start]! }
    start = i
  }
}

/** Bytes of journal that taking all this takes at most. */
export function ackRoom(group: string, topicId: string, batches: readonly AckBatch[]): number {
  let runs = 0
  // What was released may have been delivered so often, or so often.
  for (const { firstOffset, lastOffset, acknowledgeTypes } of batches) {
    runs += Math.max(acknowledgeTypes.length, Math.min(lastOffset - firstOffset + 1, MOST_RUNS))
  }
  return stateRoom(group, topicId, Math.min(runs, MOST_RUNS))
}

/** `group.share.max.partition.max.record.locks`: no window is longer. */
const MOST_RUNS = 4000
