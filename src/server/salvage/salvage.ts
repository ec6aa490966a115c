import type { Broker } from '../../broker/broker.ts'
import type { KeptMessages } from '../../broker/exchange/kept-messages.ts'
import type { Topics } from '../../broker/topic/topics.ts'
import { Partition } from '../../core/partition/partition.ts'
import { Queue } from '../../core/queue/queue.ts'
import type { Disk } from '../../env/disk.ts'
import type { Fold, Owner } from '../../store/fold.ts'
import { type Kept, type Salvaged, salvage } from '../../store/salvage/salvage.ts'
import type { Stored } from '../../store/salvage/source.ts'
import { SEGMENT_BLOCK } from '../../store/segment.ts'
import { type Loss, Losses, queueText } from './losses.ts'
import { looksLikeMessage, soundBatches } from './sound.ts'

/** What came of it. */
export interface SalvageReport extends Salvaged {
  readonly losses: readonly Loss[]
  /** Records and parts that said nothing any more without what is missing. */
  readonly senseless: readonly string[]
}

const NOTHING: readonly Kept[] = []

/** Makes a new data directory `to` of what can be read of `from`, which stays as it is. `broker` has no store; it is what is rebuilt. */
export function salvageData(from: Disk, to: Disk, broker: Broker, topics: Topics): SalvageReport {
  const losses = new Losses(broker, topics)
  const senseless: string[] = []
  const fold = broker.fold()
  const looking: Fold = {
    ...fold,
    record: (type, bytes, at, ...rest) => {
      losses.look(type, bytes, at)
      fold.record(type, bytes, at, ...rest)
    },
  }
  const salvaged = salvage(from, to, {
    fold: looking,
    lost: ({ from: first, to: end }) => losses.damage(first, end),
    senseless: (type, position, error) => senseless.push(`type ${type} at ${position}: ${error.message}`),
    keep: (owner, sequence, place, stored) => keep(losses, owner, sequence, place, stored),
  })
  losses.finish()
  return { ...salvaged, losses: losses.all, senseless }
}

function keep(losses: Losses, owner: Owner, sequence: number, place: number, stored: Stored | null): readonly Kept[] {
  if (owner instanceof Partition) return keepBatches(losses, owner, sequence, place, stored)
  if (stored?.whole && (stored.checked || !(owner instanceof Queue) || looksLikeMessage(stored.bytes))) {
    return [{ sequence, at: 0, length: stored.bytes.length }]
  }
  const { index } = owner as Queue | KeptMessages
  index.settle(sequence)
  const of =
    owner instanceof Queue ? queueText(owner) : `what exchange '${(owner as KeptMessages).exchange.name}' keeps`
  losses.add(of, sequence, sequence, whyOf(stored))
  return NOTHING
}

function whyOf(stored: Stored | null): string {
  return stored === null ? 'its bytes are not there' : `in ${stored.file}, in the block of byte ${blockOf(stored)}`
}

/** Messages side by side in a damaged block are one line for whoever reads about it. */
function blockOf({ at }: Stored): number {
  return Math.floor(at / SEGMENT_BLOCK) * SEGMENT_BLOCK
}

/** An entry may be a run of batches, of which some are sound. */
function keepBatches(
  losses: Losses,
  partition: Partition,
  first: number,
  place: number,
  stored: Stored | null,
): readonly Kept[] {
  if (stored?.whole && stored.checked) return [{ sequence: first, at: 0, length: stored.bytes.length }]
  const { index } = partition
  const entry = index.find(first)
  const last = index.lastOffset(entry)
  const position = index.position(entry)
  const sound = stored === null ? [] : soundBatches(stored.bytes, first, last)
  const entries = sound.map(({ at, length, base, last: end, latest }) => {
    return { base, last: end, place, position: position + at, length, latest }
  })
  index.replace(first, last + 1, entries, () => {})
  const of = `partition ${partition.number} of topic '${partition.topic}'`
  let next = first
  for (const { base, last: end } of [...sound, { base: last + 1, last }]) {
    if (base > next) losses.add(of, next, base - 1, whyOf(stored))
    next = end + 1
  }
  return sound.map(({ at, length, base }) => ({ sequence: base, at, length }))
}
