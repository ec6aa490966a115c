import { type Acquired, acquire } from '../../broker/share/acquire.ts'
import type { SharedPartition, ShareSession } from '../../broker/share/share-sessions.ts'
import { beginReading } from '../../broker/share/start.ts'
import type { Timer } from '../../broker/timers.ts'
import { locateAll, readAll } from '../../broker/topic/read.ts'
import type { Topics } from '../../broker/topic/topics.ts'
import type { Waiter } from '../../core/partition/partition.ts'
import { ErrorCode } from '../../wire/kafka/errors.ts'
import { ShareFetchRequest, ShareFetchResponse } from '../../wire/kafka/messages/share-fetch.ts'
import type { Decoded, Encodable, Slice } from '../../wire/kafka/schema.ts'
import { api, type Call } from '../api.ts'
import { abortedBatches, without } from './aborted.ts'
import { examine, roomFor, saidOf, take } from './acknowledgements.ts'
import { LAST, sessionOf } from './session.ts'
import { withoutRest } from './slices.ts'

/*
 * ShareFetch, 1 to 2: hands out records of the partitions that a session reads, locked for the member until it says what became of them, and takes what it says of
 * earlier ones. It waits up to maxWaitMs for something to hand out. The last request of a session only acknowledges.
 */

/** Bytes of one answer, whatever the client would take. */
const MAX_ANSWER = 8 * 1024 * 1024
const MAX_WAIT = 0x7fffffff
/** The most records of one answer, for a client that names no number. */
const MAX_RECORDS = 4000

/** A share acquire mode (KIP-1206): not a record more than the client asks for. */
const RECORD_LIMIT = 1

const NO_RECORDS: Slice = { bytes: new Uint8Array(0), at: 0, length: 0 }

type Request = Decoded<typeof ShareFetchRequest>
type FetchCall = Call<typeof ShareFetchResponse>
type PartitionAnswer = NonNullable<
  NonNullable<Encodable<typeof ShareFetchResponse>['responses']>[number]['partitions']
>[number]

export const shareFetch = api(
  ShareFetchRequest,
  ShareFetchResponse,
  { from: 1, to: 2, needs: { feature: 'share.version', off: () => ({ errorCode: ErrorCode.UNSUPPORTED_VERSION }) } },
  (request, call) => {
    const said = saidOf(request.topics)
    call.front.groups.whenRoom(roomFor(request.groupId ?? '', said), (hasRoom) => {
      if (hasRoom) begin(request, call)
      else call.reply({ errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE, errorMessage: 'The disk is full.' }, 0)
    })
  },
)

function begin(request: Request, call: FetchCall): void {
  const { front } = call
  const said = saidOf(request.topics)
  const isFirst = request.shareSessionEpoch === 0
  if (isFirst && said.length > 0) {
    call.reply({ errorCode: ErrorCode.INVALID_REQUEST }, 0)
    return
  }
  const found = sessionOf(call as unknown as Call, request, true)
  if (!found.ok) {
    call.reply({ errorCode: found.errorCode, errorMessage: found.errorMessage }, 0)
    return
  }
  const { session } = found
  update(request, session, front.topics)
  if (session.isSpoilt && request.shareSessionEpoch !== LAST) {
    call.reply({ errorCode: ErrorCode.UNKNOWN_SERVER_ERROR }, front.topics.position)
    return
  }
  const examined = said.map((one) => ({ one, ...examine(front, session, one, request.isRenewAck) }))
  // What is given back by this request is handed out by it only if there is nothing else.
  const run = new ShareFetchRun(request, call, session)
  const acquired = run.acquire()
  for (const { one, errorCode, errorMessage } of examined) {
    const { topicId, partitionIndex } = one
    const verdict =
      errorCode === ErrorCode.NONE ? take(front, session, one, request.isRenewAck) : { errorCode, errorMessage }
    const answer = run.answerOf(topicId, partitionIndex)
    answer.acknowledgeErrorCode = verdict.errorCode
    answer.acknowledgeErrorMessage = verdict.errorMessage
  }
  if (request.shareSessionEpoch === LAST) front.shares.endSession(session.group, session.memberId)
  run.begin(acquired)
}

/** Adds and takes out the partitions that a request names. */
function update(request: Request, session: ShareSession, topics: Topics): void {
  if (request.shareSessionEpoch === LAST) return
  for (const { topicId, partitions } of request.topics) {
    if (!topics.byId.has(topicId)) session.isSpoilt = true
    for (const { partitionIndex: number } of partitions)
      session.partitions.set(`${topicId}:${number}`, { topicId, number })
  }
  for (const { topicId, partitions } of request.forgottenTopicsData) {
    for (const number of partitions) session.partitions.delete(`${topicId}:${number}`)
  }
}

/** One ShareFetch request, from its arrival to its answer. */
class ShareFetchRun implements Waiter {
  private readonly call: FetchCall
  private readonly session: ShareSession
  private readonly answers = new Map<string, PartitionAnswer & { topicId: string }>()
  private readonly asked: readonly SharedPartition[]
  private readonly records: number
  private readonly bytes: number
  private readonly waitMs: number
  private readonly isStrict: boolean
  /** The first answer of a session tells of every partition. */
  private readonly isFull: boolean
  private timer: Timer | null = null
  private over = false
  private gone = false
  /** The journal position of the youngest fact that the answer tells. */
  private position: number

  constructor(request: Request, call: FetchCall, session: ShareSession) {
    this.call = call
    this.session = session
    // A request that renews locks, and the last of a session, hand out nothing.
    const isAsking = request.shareSessionEpoch !== LAST && !request.isRenewAck
    this.asked = isAsking ? [...session.partitions.values()] : []
    this.records = Math.min(Math.max(0, request.maxRecords) || MAX_RECORDS, MAX_RECORDS)
    this.bytes = Math.min(Math.max(1, request.maxBytes), MAX_ANSWER)
    this.waitMs = Math.min(Math.max(0, request.maxWaitMs), MAX_WAIT)
    this.isStrict = request.shareAcquireMode === RECORD_LIMIT
    this.isFull = request.shareSessionEpoch === 0
    this.position = call.front.broker.store.journal.tail
  }

  /** `acquired` is what there was to hand out when the request came. */
  begin(acquired: readonly Acquired[]): void {
    this.call.onGone = () => {
      this.gone = true
      this.finish()
    }
    if (acquired.length > 0) {
      this.finish()
      this.read(acquired)
      return
    }
    if (this.tryAnswer(this.waitMs === 0 || this.asked.length === 0 || this.answers.size > 0)) return
    this.eachWaiters((waiters) => waiters.add(this))
    this.timer = this.call.front.broker.timers.after(this.waitMs, () => {
      this.timer = null
      this.tryAnswer(true)
    })
  }

  partitionMoved(): void {
    this.tryAnswer(false)
  }

  private eachWaiters(visit: (waiters: Set<Waiter>) => void): void {
    const { shares, topics } = this.call.front
    for (const { topicId, number } of this.asked) {
      const log = topics.byId.get(topicId)?.partitions[number]
      if (log === undefined) continue
      visit(log.waiters)
      visit(shares.partition(this.session.group, topicId, number).waiters)
    }
  }

  /** Waits no more, whether it was answered or not. */
  private finish(): void {
    this.over = true
    if (this.timer !== null) this.call.front.broker.timers.clear(this.timer)
    this.eachWaiters((waiters) => waiters.delete(this))
  }

  /** Answers if there is something to hand out, or an error, or if it has waited long enough. */
  private tryAnswer(now: boolean): boolean {
    if (this.over) return true
    const acquired = this.acquire()
    const failed = [...this.answers.values()].some((one) => (one.errorCode ?? 0) !== 0)
    if (acquired.length === 0 && !failed && !now) return false
    this.finish()
    this.read(acquired)
    return true
  }

  acquire(): Acquired[] {
    const { shares, topics } = this.call.front
    const acquired: Acquired[] = []
    let { records, bytes } = this
    for (const { topicId, number } of this.asked) {
      const log = topics.byId.get(topicId)?.partitions[number]
      if (log === undefined) {
        const isKnown = topics.byId.has(topicId)
        const errorCode = isKnown ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.UNKNOWN_TOPIC_ID
        this.answerOf(topicId, number).errorCode = errorCode
        continue
      }
      if (records <= 0 || bytes <= 0) break
      const share = shares.partition(this.session.group, topicId, number)
      if (!beginReading(shares, share, log)) continue
      const one = acquire(shares, share, log, { owner: this.session.owner, records, bytes, isStrict: this.isStrict })
      if (one === null) continue
      this.position = Math.max(this.position, share.changedAt)
      records -= one.count
      bytes -= one.plan.bytes
      acquired.push(one)
      this.rotate(topicId, number)
    }
    return acquired
  }

  /** A partition that had records goes behind the others. */
  private rotate(topicId: string, number: number): void {
    const key = `${topicId}:${number}`
    if (this.session.partitions.delete(key)) this.session.partitions.set(key, { topicId, number })
  }

  answerOf(topicId: string, partitionIndex: number): { -readonly [K in keyof PartitionAnswer]: PartitionAnswer[K] } {
    const key = `${topicId}:${partitionIndex}`
    let answer = this.answers.get(key)
    if (answer === undefined) this.answers.set(key, (answer = { topicId, partitionIndex }))
    return answer
  }

  /** Brings the batches into the answer, reading those that are not in memory. */
  private read(acquired: readonly Acquired[]): void {
    const { broker, buffers } = this.call.front
    let left = 1
    const done = () => {
      if (--left > 0) return
      if (this.gone) for (const { share } of acquired) this.call.front.shares.giveBack(share, this.session.owner)
      else this.answer()
      for (const buffer of lent) buffers.give(buffer)
    }
    const lent: Uint8Array[] = []
    for (const one of acquired) {
      const found = locateAll(broker.store, broker.arena.bytes, one.plan)
      if (found !== null && acquired.length === 1) {
        this.hold(one, found)
        continue
      }
      // What is in memory may be written over while the disk works.
      const buffer = buffers.take(one.plan.bytes)
      lent.push(buffer)
      left++
      readAll(broker.store, broker.arena.bytes, one.plan, buffer, 0, (error) => {
        if (error === null) this.hold(one, { bytes: buffer, at: 0, length: one.plan.bytes })
        else this.fail(one)
        done()
      })
    }
    done()
  }

  private hold({ share, plan, runs, isCommitted }: Acquired, read: Slice): void {
    const { shares } = this.call.front
    const [first, last] = [runs[0]!.first, runs[runs.length - 1]!.last]
    const records = withoutRest(read, first, last)
    const { transactions } = plan.partition
    const aborted = isCommitted && transactions !== null ? transactions.abortedRanges(first, last + 1) : []
    const hidden = abortedBatches(records, aborted)
    if (hidden.length > 0) shares.hide(share, this.session.owner, hidden)
    this.position = Math.max(this.position, share.changedAt)
    const answer = this.answerOf(share.topicId, share.number)
    answer.records = records
    answer.acquiredRecords = without(runs, hidden).map(({ first, last, count }) => ({
      firstOffset: first,
      lastOffset: last,
      deliveryCount: count,
    }))
  }

  private fail({ share }: Acquired): void {
    this.call.front.shares.giveBack(share, this.session.owner)
    this.answerOf(share.topicId, share.number).errorCode = ErrorCode.KAFKA_STORAGE_ERROR
  }

  private answer(): void {
    const { front } = this.call
    if (this.isFull) for (const { topicId, number } of this.asked) this.answerOf(topicId, number)
    const byTopic = new Map<string, PartitionAnswer[]>()
    for (const { topicId, ...answer } of this.answers.values()) {
      const one = { records: NO_RECORDS, ...answer }
      const partitions = byTopic.get(topicId)
      if (partitions === undefined) byTopic.set(topicId, [one])
      else partitions.push(one)
    }
    const acquisitionLockTimeoutMs = front.shares.configs.number(this.session.group, 'share.record.lock.duration.ms')
    const responses = [...byTopic].map(([topicId, partitions]) => ({ topicId, partitions }))
    this.call.reply({ acquisitionLockTimeoutMs, responses }, Math.max(this.position, front.topics.position))
  }
}
