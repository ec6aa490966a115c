import { Delivery, type Run } from '../../core/delivery/window.ts'
import type { Partition } from '../../core/partition/partition.ts'
import { addPiece, type ReadPlan } from '../topic/read.ts'
import type { SharePartition } from './share-partition.ts'
import type { Shares } from './shares.ts'

/** Records of one partition that were handed out, and what has to be read for them. */
export interface Acquired {
  readonly share: SharePartition
  readonly plan: ReadPlan
  readonly runs: readonly Run[]
  readonly count: number
  /** The group does not want records of aborted transactions. */
  readonly isCommitted: boolean
}

/** How much may be handed out. */
export interface Limits {
  readonly owner: number
  /** So many, and what comes with them in their last batch; or no more (`record_limit`). */
  readonly records: number
  readonly isStrict: boolean
  readonly bytes: number
}

/**
 * Hands out records of a partition to a session, and plans to read the batches that hold them; null if there are none to be had. A batch
 * comes as a whole, however few of its records are handed out.
 */
export function acquire(shares: Shares, share: SharePartition, log: Partition, limits: Limits): Acquired | null {
  const { configs } = shares
  const window = share.window!
  window.moveStart(log.logStartOffset)
  const isCommitted = configs.value(share.group, 'share.isolation.level') === 'read_committed'
  const end = isCommitted ? log.lastStableOffset : log.highWatermark
  const longest = configs.number(share.group, 'share.partition.max.record.locks')
  const deadline = shares.broker.env.clock.elapsed() + configs.number(share.group, 'share.record.lock.duration.ms')
  const first = window.firstAvailable()
  if (first >= end) return null
  const plan: ReadPlan = {
    partition: log,
    offset: first,
    maxBytes: limits.bytes,
    pieces: [],
    bytes: 0,
    end: first,
    cut: false,
  }
  const runs: Run[] = []
  let count = 0
  let from = first
  const { index } = log
  for (let entry = index.find(first); entry !== -1 && from < end; entry = index.next(entry)) {
    const length = index.length(entry)
    if (plan.bytes > 0 && plan.bytes + length > limits.bytes) break
    const last = Math.min(index.lastOffset(entry), end - 1)
    const most = limits.isStrict ? limits.records - count : longest
    const taken = window.acquire(from, last, most, longest, limits.owner, deadline, runs)
    from = last + 1
    if (taken > 0) addPiece(plan, index.place(entry), index.position(entry), length)
    count += taken
    if (count >= limits.records || (taken === 0 && window.stateOf(last) === Delivery.available)) break
  }
  if (count === 0) return null
  shares.watch(share, deadline)
  return { share, plan: { ...plan, offset: runs[0]!.first }, runs, count, isCommitted }
}
