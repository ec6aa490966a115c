import { PosthornError } from '../../../sdk/posthorn-error.ts'
import type { AnswerOf, Cluster, Lane } from './cluster.ts'
import { failureOf, isUnanswered, responseOf } from './errors.ts'
import type { Apis } from './library.ts'
import { type Outgoing, toMessage } from './records.ts'

const ALL_REPLICAS = -1
/** How long the broker may wait for its replicas. */
const ACKNOWLEDGE_MS = 30_000

/** Who writes, and how many of its records each partition has. */
export interface Writer {
  readonly producerId: bigint
  readonly epoch: number
  /** Null outside of transactions. */
  readonly transactionalId: string | null
  readonly sequences: Map<string, number>
}

/** Where a record is, and the broker's time of it if the topic keeps that. */
export interface Placed {
  readonly partition: number
  readonly offset: number
  readonly appendedAt: number | null
}

/** What came of one attempt: by the index of the record. */
export interface Attempt {
  readonly placed: Map<number, Placed>
  /** Why the others are not stored; null if all are. */
  readonly error: unknown
  /** It is open whether some of the others are. */
  readonly unanswered: boolean
}

/** Sends records once, to all leaders at a time; those of `indexes`. */
export async function produce(
  cluster: Cluster,
  lane: Lane,
  writer: Writer,
  records: readonly Outgoing[],
  indexes: readonly number[],
): Promise<Attempt> {
  const placed = new Map<number, Placed>()
  let unanswered = false
  const errors: unknown[] = []
  const byLeader = new Map<number, number[]>()
  for (const index of indexes) {
    const { topic, partition } = records[index]!
    const leader = cluster.known(topic)?.leaders[partition] ?? (await leaderOf(cluster, topic, partition))
    const own = byLeader.get(leader)
    if (own === undefined) byLeader.set(leader, [index])
    else own.push(index)
  }
  const send = async ([leader, own]: [number, number[]]) => {
    try {
      note(writer, records, own, await request(lane, leader, writer, records, own), placed)
    } catch (error) {
      // Some partitions may have taken theirs.
      const answer = responseOf<Answer>(error)
      if (answer !== null) note(writer, records, own, answer, placed)
      unanswered ||= isUnanswered(error) || failureOf(error).codes.has('REQUEST_TIMED_OUT')
      for (const index of own) if (!placed.has(index)) cluster.forgetTopic(records[index]!.topic)
      errors.push(error)
    }
  }
  await Promise.all([...byLeader].map(send))
  return {
    placed,
    error: errors.length === 0 ? null : errors.length === 1 ? errors[0] : { errors },
    unanswered,
  }
}

type Answer = AnswerOf<Apis['produce']> & object

async function leaderOf(cluster: Cluster, topic: string, partition: number): Promise<number> {
  const facts = await cluster.topic(topic)
  const leader = facts?.leaders[partition]
  if (facts === null || leader === undefined)
    throw new PosthornError('NOT_FOUND', `there is no topic '${topic}' with a partition ${partition}`)
  return leader
}

async function request(
  lane: Lane,
  leader: number,
  writer: Writer,
  records: readonly Outgoing[],
  indexes: readonly number[],
): Promise<Answer> {
  const { producerId, epoch, transactionalId, sequences } = writer
  const answer = await lane.call(
    leader,
    'produce',
    ALL_REPLICAS,
    ACKNOWLEDGE_MS,
    indexes.map((index) => toMessage(records[index]!)),
    {
      transactionalId,
      producerId,
      producerEpoch: epoch,
      // The library asks only this of them.
      sequences: {
        getWithDefault: (key: string, none: number) => sequences.get(key) ?? none,
      } as never,
    },
  )
  return answer as Answer
}

/** Offsets of what was taken; the next records of those partitions go on from there. */
function note(
  { sequences }: Writer,
  records: readonly Outgoing[],
  indexes: readonly number[],
  { responses }: Answer,
  placed: Map<number, Placed>,
): void {
  const taken = new Map<string, { offset: number; count: number; readonly appendedAt: number | null }>()
  for (const { name, partitionResponses } of responses) {
    for (const { index: partition, errorCode, baseOffset, logAppendTimeMs } of partitionResponses) {
      if (errorCode !== 0) continue
      const appendedAt = logAppendTimeMs < 0n ? null : Number(logAppendTimeMs)
      taken.set(`${name}:${partition}`, {
        offset: Number(baseOffset),
        count: 0,
        appendedAt,
      })
    }
  }
  for (const index of indexes) {
    const { topic, partition } = records[index]!
    const one = taken.get(`${topic}:${partition}`)
    if (one === undefined) continue
    one.count++
    placed.set(index, {
      partition,
      offset: one.offset++,
      appendedAt: one.appendedAt,
    })
  }
  for (const [key, { count }] of taken) sequences.set(key, ((sequences.get(key) ?? 0) + count) % 2 ** 31)
}
