import { PosthornError } from '../../../sdk/posthorn-error.ts'
import type { AnswerOf, Cluster, Lane } from './cluster.ts'
import type { Apis } from './library.ts'

const READ_UNCOMMITTED = 0
const READ_COMMITTED = 1
const LATEST = -1n
const EARLIEST = -2n

/** Offsets by the index of the partition: the first one, one above the last that can be read, or the first whose time is that or later (the end if there is none). */
export async function listOffsets(
  cluster: Cluster,
  topic: string,
  partitions: readonly number[],
  at: 'earliest' | 'latest' | { readonly time: number },
): Promise<number[]> {
  const timestamp = at === 'earliest' ? EARLIEST : at === 'latest' ? LATEST : BigInt(at.time)
  const found = await ask(cluster, topic, partitions, timestamp, READ_COMMITTED)
  if (!found.includes(-1)) return found
  const ends = await ask(cluster, topic, partitions, LATEST, READ_COMMITTED)
  return found.map((offset, index) => (offset === -1 ? ends[index]! : offset))
}

/** One above the last record that is stored, be it part of a transaction that has not ended. */
export async function endOfLog(cluster: Cluster, topic: string, partition: number): Promise<number> {
  const [end] = await ask(cluster, topic, [partition], LATEST, READ_UNCOMMITTED)
  return end!
}

function ask(
  cluster: Cluster,
  topic: string,
  partitions: readonly number[],
  timestamp: bigint,
  isolation: number,
): Promise<number[]> {
  return cluster.trying(`offsets of '${topic}'`, async () => {
    const facts = await cluster.topic(topic)
    if (facts === null) throw new PosthornError('NOT_FOUND', `there is no topic '${topic}'`)
    const offsets = new Map<number, number>()
    const leaders = new Set(partitions.map((partition) => facts.leaders[partition] ?? -1))
    for (const leader of leaders) {
      const own = partitions.filter((partition) => (facts.leaders[partition] ?? -1) === leader)
      const asked = own.map((partitionIndex) => ({ partitionIndex, currentLeaderEpoch: -1, timestamp }))
      try {
        const answer = await cluster.lane.call(leader, 'listOffsets', -1, isolation, [
          { name: topic, partitions: asked },
        ])
        for (const one of answer.topics[0]!.partitions) offsets.set(one.partitionIndex, Number(one.offset))
      } catch (error) {
        cluster.forgetTopic(topic)
        throw error
      }
    }
    return partitions.map((partition) => offsets.get(partition) ?? -1)
  })
}

/** What a group has committed of a partition. */
export interface Committed {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly metadata: string
}

/** Who commits: the broker refuses those that are no members any more. */
export interface Member {
  readonly group: string
  readonly id: string
  /** The generation of the group, or the member's epoch. */
  readonly epoch: number
}

export function commitTopics(commits: readonly Committed[]) {
  const topics = new Map<string, { name: string; partitions: CommitPartition[] }>()
  for (const { topic, partition, offset, metadata } of commits) {
    const of = topics.get(topic) ?? { name: topic, partitions: [] }
    topics.set(topic, of)
    of.partitions.push({
      partitionIndex: partition,
      committedOffset: BigInt(offset),
      committedLeaderEpoch: -1,
      committedMetadata: metadata,
    })
  }
  return [...topics.values()]
}

interface CommitPartition {
  readonly partitionIndex: number
  readonly committedOffset: bigint
  readonly committedLeaderEpoch: number
  readonly committedMetadata: string
}

/** One attempt. */
export async function commitOffsets(
  cluster: Cluster,
  lane: Lane,
  { group, id, epoch }: Member,
  commits: readonly Committed[],
): Promise<void> {
  await cluster.atCoordinator(lane, 'group', group, 'offsetCommit', group, epoch, id, null, commitTopics(commits))
}

/** What a group has committed of these; waits until transactions over it have ended. Nothing of those without progress. */
export function fetchOffsets(
  cluster: Cluster,
  lane: Lane,
  group: string,
  partitions: readonly { readonly topic: string; readonly partition: number }[],
): Promise<Committed[]> {
  const topics = [...new Set(partitions.map(({ topic }) => topic))].map((name) => ({
    name,
    partitionIndexes: partitions.filter(({ topic }) => topic === name).map(({ partition }) => partition),
  }))
  return cluster.trying(`progress of group '${group}'`, async () => {
    const asked = [{ groupId: group, memberId: null, memberEpoch: -1, topics }]
    const answer: AnswerOf<Apis['offsetFetch']> = await cluster.atCoordinator(
      lane,
      'group',
      group,
      'offsetFetch',
      asked,
      true,
    )
    return answer.groups.flatMap((one) =>
      one.topics.flatMap(({ name, partitions }) =>
        partitions
          .filter(({ committedOffset }) => committedOffset >= 0n)
          .map(({ partitionIndex, committedOffset, metadata }) => ({
            topic: name,
            partition: partitionIndex,
            offset: Number(committedOffset),
            metadata: metadata ?? '',
          })),
      ),
    )
  })
}
