import { ErrorCode } from '../wire/kafka/errors.ts'
import type { FetchRequest } from '../wire/kafka/messages/fetch.ts'
import { type Decoded, ZERO_UUID } from '../wire/kafka/schema.ts'

/** `max.incremental.fetch.session.cache.slots`. */
const SLOTS = 1000
/** `min.incremental.fetch.session.eviction.ms`: a session that was used since is not given up for another. */
const EVICTION_MS = 120_000
const MAX_EPOCH = 0x7fffffff

/** One partition that a client fetches: what it asks for, and what it was told last. */
export interface FetchedPartition {
  readonly topicName: string
  readonly topicId: string
  readonly number: number
  offset: number
  maxBytes: number
  leaderEpoch: number
  /** -1 before it was told. */
  toldHighWatermark: number
  toldLogStart: number
}

/** The partitions that a client fetches again and again (KIP-227): it names only what changes, and is told only what changed. */
export interface FetchSession {
  readonly id: number
  epoch: number
  /** Topics by id (version 13 on), or by name. */
  readonly byId: boolean
  readonly partitions: Map<string, FetchedPartition>
  used: number
}

export type Opened =
  | { readonly ok: true; readonly session: FetchSession | null; readonly partitions: Map<string, FetchedPartition> }
  | { readonly ok: false; readonly errorCode: number }

type Request = Decoded<typeof FetchRequest>

/** The fetch sessions of all connections, by id; the map is in the order of their last use. */
export class FetchSessions {
  private readonly sessions = new Map<number, FetchSession>()
  private lastId = 0

  get size(): number {
    return this.sessions.size
  }

  /** Partitions in all of them. */
  get partitions(): number {
    let sum = 0
    for (const { partitions } of this.sessions.values()) sum += partitions.size
    return sum
  }

  /** Finds what a request fetches. `session` is null if it is a full fetch outside of any, or if there is no slot for a new one. */
  open(request: Request, version: number, now: number): Opened {
    const { sessionId, sessionEpoch } = request
    if (version < 7 || sessionEpoch === -1) {
      this.sessions.delete(sessionId)
      return { ok: true, session: null, partitions: partitionsOf(request) }
    }
    if (sessionEpoch === 0) {
      this.sessions.delete(sessionId)
      return this.begin(request, version, now)
    }
    const session = this.sessions.get(sessionId)
    if (session === undefined) return { ok: false, errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND }
    if (session.epoch !== sessionEpoch) return { ok: false, errorCode: ErrorCode.INVALID_FETCH_SESSION_EPOCH }
    if (session.byId !== version >= 13) return { ok: false, errorCode: ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR }
    update(session, request)
    session.epoch = session.epoch === MAX_EPOCH ? 1 : session.epoch + 1
    this.sessions.delete(sessionId)
    if (session.partitions.size > 0) this.keep(session, now)
    return { ok: true, session, partitions: session.partitions }
  }

  private begin(request: Request, version: number, now: number): Opened {
    const partitions = partitionsOf(request)
    if (partitions.size === 0 || !this.makeRoom(now)) return { ok: true, session: null, partitions }
    do this.lastId = this.lastId === MAX_EPOCH ? 1 : this.lastId + 1
    while (this.sessions.has(this.lastId))
    const session: FetchSession = { id: this.lastId, epoch: 1, byId: version >= 13, partitions, used: now }
    this.keep(session, now)
    return { ok: true, session, partitions }
  }

  private keep(session: FetchSession, now: number): void {
    session.used = now
    this.sessions.set(session.id, session)
  }

  private makeRoom(now: number): boolean {
    if (this.sessions.size < SLOTS) return true
    const [oldest] = this.sessions.values()
    if (now - oldest!.used < EVICTION_MS) return false
    this.sessions.delete(oldest!.id)
    return true
  }
}

function keyOf(topicName: string, topicId: string, number: number): string {
  return `${topicId === ZERO_UUID ? topicName : topicId}:${number}`
}

function partitionsOf(request: Request): Map<string, FetchedPartition> {
  const partitions = new Map<string, FetchedPartition>()
  addAsked(partitions, request)
  return partitions
}

function addAsked(partitions: Map<string, FetchedPartition>, request: Request): void {
  for (const { topic, topicId, partitions: asked } of request.topics) {
    for (const { partition, fetchOffset, partitionMaxBytes, currentLeaderEpoch } of asked) {
      const key = keyOf(topic, topicId, partition)
      const known = partitions.get(key)
      if (known !== undefined) {
        known.offset = fetchOffset
        known.maxBytes = partitionMaxBytes
        known.leaderEpoch = currentLeaderEpoch
        continue
      }
      partitions.set(key, {
        topicName: topic,
        topicId,
        number: partition,
        offset: fetchOffset,
        maxBytes: partitionMaxBytes,
        leaderEpoch: currentLeaderEpoch,
        toldHighWatermark: -1,
        toldLogStart: -1,
      })
    }
  }
}

function update(session: FetchSession, request: Request): void {
  for (const { topic, topicId, partitions } of request.forgottenTopicsData) {
    for (const number of partitions) session.partitions.delete(keyOf(topic, topicId, number))
  }
  addAsked(session.partitions, request)
}

/** A partition that had records goes behind the others, so that a busy one does not starve them. */
export function rotate(session: FetchSession, fetched: FetchedPartition): void {
  const key = keyOf(fetched.topicName, fetched.topicId, fetched.number)
  if (session.partitions.delete(key)) session.partitions.set(key, fetched)
}
