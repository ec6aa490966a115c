import type { Broker } from '../../src/broker/broker.ts'
import type { Groups } from '../../src/broker/group/groups.ts'
import type { Topics } from '../../src/broker/topic/topics.ts'
import { checkGroup } from '../../src/core/group/invariants.ts'
import { DURABLE, PLACE_SHIFT, READY, STATE, UNACKED } from '../../src/core/queue/queue-index.ts'
import { JOURNAL } from '../../src/store/place.ts'
import { rule } from '../failure.ts'

/**
 * What the broker counts as it goes must be what one gets by counting again. Returns what still holds bytes of the journal
 * beside the indexes, which reads under way may for a while, or null.
 */
export function checkCounters(broker: Broker, topics: Topics, groups: Groups): string | null {
  // The store keeps its counters to itself; nobody but a checker has to do with them.
  const { files, tidy } = broker.store as unknown as StoreInside
  const live = new Map<number, number>()
  const hold = (position: number, length: number) => {
    const number = Math.floor(position / files.fileSize)
    live.set(number, (live.get(number) ?? 0) + length)
  }
  const quorum = [...broker.queuesById.values()].some((queue) => queue.counts)
  for (const queue of broker.queuesById.values()) {
    queue.invariants()
    const { index } = queue
    const counted = { ready: 0, unacked: 0, readyBytes: 0, live: 0 }
    for (let sequence = index.nextLive(index.head); sequence < index.tail; sequence = index.nextLive(sequence + 1)) {
      const flags = index.flags(sequence)
      const state = flags & STATE
      const length = index.length(sequence)
      counted.live++
      if (state === READY) counted.ready++
      if (state === READY) counted.readyBytes += length
      if (state === UNACKED) counted.unacked++
      const place = (flags >> PLACE_SHIFT) & 3
      if (place === JOURNAL) hold(index.position(sequence), length)
      // What a quorum queue keeps, others may have there, too.
      rule((flags & DURABLE) !== 0 || place !== JOURNAL || quorum, `${queue.name}: a transient message in the journal`)
    }
    const kept = { ready: queue.ready, unacked: queue.unacked, readyBytes: queue.readyBytes, live: index.live }
    rule(same(counted, kept), `${queue.name} counts ${JSON.stringify(kept)}, but has ${JSON.stringify(counted)}`)
  }
  for (const kept of broker.kept.values()) {
    kept.invariants()
    const { index } = kept
    for (let sequence = index.nextLive(index.head); sequence < index.tail; sequence = index.nextLive(sequence + 1)) {
      if (kept.place(sequence) === JOURNAL) hold(index.position(sequence), index.length(sequence))
    }
  }
  for (const partition of topics.partitions.values()) {
    const { index } = partition
    for (let entry = index.firstEntry(); entry !== -1; entry = index.next(entry)) {
      if (index.place(entry) === JOURNAL) hold(index.position(entry), index.length(entry))
    }
    rule(
      partition.logStartOffset <= partition.highWatermark && partition.highWatermark <= partition.endOffset,
      `partition ${partition.number} of ${partition.topic}: start, high watermark and end are out of order`,
    )
  }
  let held: string | null = tidy.idle ? null : 'something is being tidied'
  for (const file of files.all()) {
    const counted = live.get(file.number) ?? 0
    const text = `journal file ${file.number} counts ${file.live} live bytes, but has ${counted}`
    rule(file.live >= counted, text)
    if (file.live > counted) held ??= text
  }
  for (const group of groups.byName.values()) checkGroup(group)
  return held
}

interface StoreInside {
  readonly tidy: { readonly idle: boolean }
  readonly files: { readonly fileSize: number; all(): Iterable<{ readonly number: number; readonly live: number }> }
}

function same(a: object, b: object): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
