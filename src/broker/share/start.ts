import type { Partition } from '../../core/partition/partition.ts'
import { searchTimestamp } from '../topic/search.ts'
import type { SharePartition } from './share-partition.ts'
import { stateRoom } from './share-record.ts'
import type { Shares } from './shares.ts'

/**
 * Lets a group begin to read a partition, where `share.auto.offset.reset` says; false if it has to be waited for. By a duration the place may have to be
 * looked for on the disk: who waits is told.
 */
export function beginReading(shares: Shares, share: SharePartition, log: Partition): boolean {
  if (share.window !== null) return true
  if (!shares.broker.hasRoomForSettlement(stateRoom(share.group, share.topicId, 1))) return false
  const reset = shares.configs.value(share.group, 'share.auto.offset.reset')
  if (reset === 'earliest') shares.startAt(share, log.logStartOffset)
  else if (reset === 'latest') shares.startAt(share, log.highWatermark)
  else lookFor(shares, share, log, millisecondsOf(reset.slice('by_duration:'.length)) ?? 0)
  return share.window !== null
}

function lookFor(shares: Shares, share: SharePartition, log: Partition, durationMs: number): void {
  const since = shares.broker.env.clock.now() - durationMs
  searchTimestamp(shares.topics, log, since, log.highWatermark, (_error, found) => {
    if (share.window !== null || shares.known(share.group, share.topicId, share.number) !== share) return
    if (!shares.broker.hasRoomForSettlement(stateRoom(share.group, share.topicId, 1))) return
    shares.startAt(share, found === null ? log.highWatermark : found.offset)
    share.wake()
  })
}

/** An ISO 8601 duration of days, hours, minutes and seconds, as java.time.Duration reads it; null if it is none, or below zero. */
export function millisecondsOf(duration: string): number | null {
  const match = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d{1,9})?)S)?)?$/i.exec(duration)
  if (match === null || /^P$|T$/i.test(duration)) return null
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0))
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000
}
