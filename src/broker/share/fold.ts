import type { ShareFact, ShareGroup } from '../../core/group/share/share-group.ts'
import { Part, Record } from '../records.ts'
import type { SharePartition } from './share-partition.ts'
import { readShareFact, readShareState, type ShareStateFact, writeShareFact, writeShareState } from './share-record.ts'
import type { Shares } from './shares.ts'

/** Runs in one part of a checkpoint. */
const SLICE = 2000

/** Teaches the broker to rebuild its share groups from the journal and the checkpoint. */
export function registerShareFold(shares: Shares): void {
  const { broker, topics } = shares
  const apply = (type: number, bytes: Uint8Array, at: number, length: number) => {
    if (type === Record.shareGroup) applyMembers(shares, bytes, at)
    else applyState(shares, bytes, at, length)
  }
  for (const type of [Record.shareGroup, Record.shareState]) {
    broker.applies.set(type, (bytes, at, length) => apply(type, bytes, at, length))
  }
  broker.parts.push({
    kind: Part.shareGroup,
    consistent: false,
    snapshot: () => snapshotShares(shares),
    load: (bytes) => apply(bytes[0]!, bytes, 1, bytes.length - 1),
  })
  topics.onDeleted.push(() => forgetGone(shares))
  broker.afterRecovery.push(() => restore(shares))
}

function applyMembers(shares: Shares, bytes: Uint8Array, at: number): void {
  const { name, fact } = readShareFact(bytes, at)
  shares.open(name).apply(fact)
  if (fact.kind !== 'deleted') return
  shares.byName.delete(name)
  shares.partitions.delete(name)
}

function applyState(shares: Shares, bytes: Uint8Array, at: number, length: number): void {
  const { name, topicId, fact } = readShareState(bytes, at, length)
  if (fact.kind === 'forgotten') {
    shares.forgotten(name, topicId)
    return
  }
  const share = shares.partition(name, topicId, fact.partition)
  if (fact.kind === 'start') share.startAt(fact.offset)
  else for (const run of fact.runs) share.window?.apply(run)
}

/** Topics that are there no more: what was known of them goes with them. */
function forgetGone(shares: Shares): void {
  for (const [group, partitions] of [...shares.partitions]) {
    const ids = new Set([...partitions.values()].map((share) => share.topicId))
    for (const topicId of ids) if (!shares.topics.byId.has(topicId)) shares.forgotten(group, topicId)
  }
}

function restore(shares: Shares): void {
  forgetGone(shares)
  const now = shares.broker.env.clock.elapsed()
  for (const group of [...shares.byName.values()]) {
    const { sessionTimeoutMs } = shares.worldOf(group.name)
    for (const sharer of group.members.values()) sharer.sessionDeadline = now + sessionTimeoutMs
    if (group.members.size > 0) group.alarm(now + sessionTimeoutMs)
    shares.settle(group)
  }
}

/** Each part is a record's type in one byte and its payload. */
function* snapshotShares(shares: Shares): Generator<Uint8Array> {
  for (const group of [...shares.byName.values()]) {
    if (group.deleted) continue
    for (const fact of memberFacts(group)) yield part(Record.shareGroup, writeShareFact(group.name, fact))
  }
  for (const partitions of [...shares.partitions.values()]) {
    for (const share of [...partitions.values()]) {
      if (shares.known(share.group, share.topicId, share.number) !== share) continue
      for (const fact of stateFacts(share)) {
        yield part(Record.shareState, writeShareState(share.group, share.topicId, fact))
      }
    }
  }
}

function* memberFacts({ epoch, topicsHash, members }: ShareGroup): Generator<ShareFact> {
  yield { kind: 'group', epoch, topicsHash }
  for (const { member, epoch, previousEpoch } of [...members.values()]) {
    yield { kind: 'member', member, epoch, previousEpoch }
  }
}

function* stateFacts({ window, number: partition }: SharePartition): Generator<ShareStateFact> {
  if (window === null) return
  yield { kind: 'start', partition, offset: window.start }
  const runs = [...window.durable()]
  for (let i = 0; i < runs.length; i += SLICE) yield { kind: 'state', partition, runs: runs.slice(i, i + SLICE) }
}

function part(type: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + payload.length)
  bytes[0] = type
  bytes.set(payload, 1)
  return bytes
}
