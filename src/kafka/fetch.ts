import type { Timer } from '../broker/timers.ts'
import { locateAll, planRead, type ReadPlan, readAll, withoutHead, withoutTail } from '../broker/topic/read.ts'
import { reportUnreadable } from '../broker/topic/unreadable.ts'
import { Operation, ResourceType } from '../core/access/acl.ts'
import type { Partition, Waiter } from '../core/partition/partition.ts'
import { ErrorCode } from '../wire/kafka/errors.ts'
import { FetchRequest, FetchResponse } from '../wire/kafka/messages/fetch.ts'
import type { Decoded, Encodable, Slice } from '../wire/kafka/schema.ts'
import { api, type Call } from './api.ts'
import { type FetchedPartition, type FetchSession, rotate } from './fetch-sessions.ts'

/*
 * Fetch, 4 to 18: sessions from version 7 on, topics by id from 13 on. It waits up to maxWaitMs for minBytes, then tells what there is. The first
 * batch of an answer is sent however large it is. Readers see what is durable, and with read_committed only what lies below the last stable
 * offset; what was aborted there they are told to leave out.
 */

/** Bytes of one answer, whatever the client would take: memory is for all, and it asks again at once. */
const MAX_ANSWER = 8 * 1024 * 1024
/** An answer may have so much even if answers that slow clients have not read yet use up the budget. */
const LEAST_ANSWER = 64 * 1024
/** Longest wait that is taken seriously, in milliseconds. */
const MAX_WAIT = 0x7fffffff

type TopicAnswer = NonNullable<Encodable<typeof FetchResponse>['responses']>[number]
type PartitionAnswer = NonNullable<TopicAnswer['partitions']>[number]

const NO_RECORDS: Slice = { bytes: new Uint8Array(0), at: 0, length: 0 }

export const fetch = api(FetchRequest, FetchResponse, { from: 4, to: 18 }, (request, call) => {
  const opened = call.front.sessions.open(request, call.version, call.front.broker.env.clock.elapsed())
  if (!opened.ok) {
    call.reply({ errorCode: opened.errorCode }, 0)
    return
  }
  new FetchRun(request, call, opened.session, opened.partitions).begin()
})

/** What an answer will say of one partition, and what has to be read for it. */
interface Found {
  readonly fetched: FetchedPartition
  readonly partition: Partition | null
  errorCode: number
  readonly plan: ReadPlan | null
  records: Slice
}

/** One Fetch request, from its arrival to its answer. */
class FetchRun implements Waiter {
  private readonly call: Call<typeof FetchResponse>
  private readonly session: FetchSession | null
  /** Whether only what changed is told. */
  private readonly incremental: boolean
  private readonly asked: readonly FetchedPartition[]
  /** read_committed: nothing that is undecided, and the client is told of aborted transactions. */
  private readonly committedOnly: boolean
  private readonly minBytes: number
  private readonly maxBytes: number
  private readonly maxWaitMs: number
  private timer: Timer | null = null
  private over = false
  private gone = false

  constructor(
    request: Decoded<typeof FetchRequest>,
    call: Call<typeof FetchResponse>,
    session: FetchSession | null,
    partitions: Map<string, FetchedPartition>,
  ) {
    this.call = call
    this.session = session
    this.incremental = session !== null && request.sessionEpoch > 0
    // The session may change while this request waits for the disk.
    this.asked = [...partitions.values()]
    this.committedOnly = request.isolationLevel === 1
    this.maxBytes = Math.min(Math.max(0, request.maxBytes), MAX_ANSWER)
    this.minBytes = Math.min(request.minBytes, this.maxBytes)
    this.maxWaitMs = Math.min(Math.max(0, request.maxWaitMs), MAX_WAIT)
  }

  begin(): void {
    this.call.onGone = () => {
      this.gone = true
      this.finish()
    }
    if (this.tryAnswer(this.maxWaitMs === 0 || this.asked.length === 0)) return
    for (const fetched of this.asked) this.find(fetched)?.waiters.add(this)
    this.timer = this.call.front.broker.timers.after(this.maxWaitMs, () => {
      this.timer = null
      this.tryAnswer(true)
    })
  }

  partitionMoved(): void {
    this.tryAnswer(false)
  }

  /** Waits no more, whether it was answered or not. */
  private finish(): void {
    this.over = true
    if (this.timer !== null) this.call.front.broker.timers.clear(this.timer)
    for (const fetched of this.asked) this.find(fetched)?.waiters.delete(this)
  }

  private find(fetched: FetchedPartition): Partition | undefined {
    const { topics } = this.call.front
    const topic = this.call.version >= 13 ? topics.byId.get(fetched.topicId) : topics.byName.get(fetched.topicName)
    return topic?.partitions[fetched.number]
  }

  /** Answers if there is enough, or an error, or if it has waited long enough. */
  private tryAnswer(now: boolean): boolean {
    if (this.over) return true
    const found: Found[] = []
    const maxBytes = Math.min(this.maxBytes, Math.max(LEAST_ANSWER, this.call.front.roomForAnswers()))
    let bytes = 0
    let urgent = now
    for (const fetched of this.asked) {
      const one = this.look(fetched, bytes, maxBytes)
      bytes += one.plan?.bytes ?? 0
      if (one.errorCode !== 0) urgent = true
      found.push(one)
    }
    if (!urgent && bytes < Math.min(this.minBytes, maxBytes)) return false
    this.finish()
    this.read(found, bytes)
    return true
  }

  private look(fetched: FetchedPartition, bytes: number, maxBytes: number): Found {
    const partition = this.find(fetched) ?? null
    const errorCode = this.denied(fetched)
      ? ErrorCode.TOPIC_AUTHORIZATION_FAILED
      : partition === null
        ? this.unknown(fetched)
        : this.check(fetched, partition)
    if (partition === null || errorCode !== 0) {
      return { fetched, partition, errorCode, plan: null, records: NO_RECORDS }
    }
    const limit = Math.min(fetched.maxBytes, maxBytes - bytes)
    const end = this.committedOnly ? partition.lastStableOffset : partition.highWatermark
    const plan = limit > 0 || bytes === 0 ? planRead(partition, fetched.offset, end, limit, bytes === 0) : null
    return { fetched, partition, errorCode, plan, records: NO_RECORDS }
  }

  /** Asked every time: a session outlives the permission it was opened with. */
  private denied(fetched: FetchedPartition): boolean {
    const { ask, front, version } = this.call
    if (ask === null) return false
    const name = version >= 13 ? front.topics.byId.get(fetched.topicId)?.name : fetched.topicName
    return name !== undefined && !ask.may(Operation.read, ResourceType.topic, name)
  }

  private unknown(fetched: FetchedPartition): number {
    const { topics } = this.call.front
    const byId = this.call.version >= 13
    return byId && !topics.byId.has(fetched.topicId) ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
  }

  private check(fetched: FetchedPartition, partition: Partition): number {
    const { leaderEpoch } = this.call.front.topics
    if (fetched.leaderEpoch > leaderEpoch) return ErrorCode.UNKNOWN_LEADER_EPOCH
    if (fetched.leaderEpoch >= 0 && fetched.leaderEpoch < leaderEpoch) return ErrorCode.FENCED_LEADER_EPOCH
    const inside = fetched.offset >= partition.logStartOffset && fetched.offset <= partition.endOffset
    return inside ? 0 : ErrorCode.OFFSET_OUT_OF_RANGE
  }

  /** Brings what is in memory into the answer, and reads what is not. */
  private read(found: readonly Found[], bytes: number): void {
    const { broker, buffers } = this.call.front
    const missing: Found[] = []
    for (const one of found) {
      if (one.plan === null || one.plan.bytes === 0) continue
      const slice = locateAll(broker.store, broker.arena.bytes, one.plan)
      if (slice === null) missing.push(one)
      else one.records = slice
    }
    if (missing.length === 0) {
      this.answer(found)
      return
    }
    // What is in memory may be written over while the disk works, so all of it goes to one buffer.
    const buffer = buffers.take(bytes)
    let at = 0
    let left = 1
    const done = (one: Found | null, error: Error | null) => {
      if (error !== null) this.fail(one!, error)
      if (--left === 0) this.haveRead(found, buffer)
    }
    for (const one of found) {
      if (one.plan === null || one.plan.bytes === 0) continue
      let { bytes: length } = one.plan
      if (missing.includes(one)) {
        left++
        readAll(broker.store, broker.arena.bytes, one.plan, buffer, at, (error) => done(one, error))
      } else length = copySlices(one.records, buffer, at)
      one.records = { bytes: buffer, at, length }
      at += length
    }
    done(null, null)
  }

  /** The disk does not give back what one partition has there: the others are answered as if nothing had happened. */
  private fail(one: Found, error: Error): void {
    one.errorCode = ErrorCode.KAFKA_STORAGE_ERROR
    reportUnreadable(this.call.front.broker, one.partition!, one.plan!.offset, error)
  }

  private haveRead(found: readonly Found[], buffer: Uint8Array): void {
    const { front } = this.call
    for (const one of found) {
      if (one.plan === null || one.plan.bytes === 0) continue
      one.records = one.errorCode === 0 ? cutToPlan(one.records, one.plan) : NO_RECORDS
    }
    if (!this.gone) this.answer(found)
    front.buffers.give(buffer)
  }

  private answer(found: readonly Found[]): void {
    if (this.call.bringsTooMuch(recordBytes(found))) {
      this.call.reply({ sessionId: this.session?.id ?? 0, responses: [] }, 0)
      return
    }
    const topics: TopicAnswer[] = []
    const byTopic = new Map<string, PartitionAnswer[]>()
    for (const one of found) {
      const { fetched, partition } = one
      if (!this.isTold(one)) continue
      const failed = one.errorCode !== 0
      fetched.toldHighWatermark = failed ? -1 : partition!.highWatermark
      fetched.toldLogStart = failed ? -1 : partition!.logStartOffset
      if (this.session !== null && one.records.length > 0) rotate(this.session, fetched)
      const key = this.call.version >= 13 ? fetched.topicId : fetched.topicName
      let partitions = byTopic.get(key)
      if (partitions === undefined) {
        partitions = []
        byTopic.set(key, partitions)
        topics.push({ topic: fetched.topicName, topicId: fetched.topicId, partitions })
      }
      partitions.push(answerOf(one, this.committedOnly))
    }
    this.call.reply({ sessionId: this.session?.id ?? 0, responses: topics }, this.call.front.topics.position)
  }

  private isTold(one: Found): boolean {
    const { fetched, partition, errorCode, records } = one
    if (!this.incremental || errorCode !== 0 || records.length > 0) return true
    return fetched.toldHighWatermark !== partition!.highWatermark || fetched.toldLogStart !== partition!.logStartOffset
  }
}

/** Bytes of records in an answer: the rest of it is small beside them. */
function recordBytes(found: readonly Found[]): number {
  let bytes = 0
  for (const { records } of found) {
    for (let slice: Slice | undefined = records; slice !== undefined; slice = slice.next) bytes += slice.length
  }
  return bytes
}

/** What was read, without what lies below and above what was to be read. */
function cutToPlan(records: Slice, plan: ReadPlan): Slice {
  const cut = { ...records }
  if (plan.cut) withoutTail(cut, plan.end)
  return withoutHead(cut, plan.offset)
}

/** Copies all pieces, and returns their length. */
function copySlices(records: Slice, to: Uint8Array, at: number): number {
  const start = at
  for (let from: Slice | undefined = records; from !== undefined; from = from.next) {
    to.set(from.bytes.subarray(from.at, from.at + from.length), at)
    at += from.length
  }
  return at - start
}

function answerOf(one: Found, committedOnly: boolean): PartitionAnswer {
  const { partition, errorCode, fetched, plan } = one
  if (errorCode !== 0 || partition === null) {
    return {
      partitionIndex: fetched.number,
      errorCode,
      highWatermark: -1,
      lastStableOffset: -1,
      logStartOffset: -1,
      // None where nothing was looked for; no list where a partition refuses.
      abortedTransactions: partition === null || errorCode === ErrorCode.TOPIC_AUTHORIZATION_FAILED ? [] : null,
      records: one.records,
    }
  }
  return {
    partitionIndex: fetched.number,
    errorCode,
    highWatermark: partition.highWatermark,
    lastStableOffset: partition.lastStableOffset,
    logStartOffset: partition.logStartOffset,
    abortedTransactions: committedOnly ? abortedIn(partition, fetched.offset, plan) : null,
    records: one.records,
  }
}

/** What a reader of committed records has to leave out of what was read for it. */
function abortedIn({ transactions }: Partition, offset: number, plan: ReadPlan | null) {
  if (transactions === null || plan === null || plan.bytes === 0) return []
  return transactions.aborted(offset, plan.end)
}
