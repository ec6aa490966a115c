import { type CheckedBatch, checkBatch as checkContract } from '../broker/contract/check-batch.ts'
import type { TopicContract } from '../broker/contract/topic-contract.ts'
import { type AppendRefusal, appendBatch, checkAppend } from '../broker/topic/append.ts'
import { needsOpening, openBatch } from '../broker/topic/open-batch.ts'
import { hasRoomFor } from '../broker/topic/room.ts'
import type { Topic } from '../broker/topic/topic.ts'
import type { Admitted } from '../core/partition/admit.ts'
import { checkBatch } from '../core/partition/batch.ts'
import type { Partition } from '../core/partition/partition.ts'
import { ErrorCode, errorName } from '../wire/kafka/errors.ts'
import { ProduceRequest, ProduceResponse } from '../wire/kafka/messages/produce.ts'
import type { Decoded, Encodable, Slice } from '../wire/kafka/schema.ts'
import { api, type Call } from './api.ts'
import { type Rejected, recordErrorsOf, summaryOf } from './record-errors.ts'
import { APPEND_CODES } from './refusals.ts'
import { isTransactionalBatch, type RequestFault, requestFault, transactionFault } from './transaction/produce-check.ts'

/*
 * Produce, told from 0, served from 3 to 13: clients built on librdkafka look for the old ones and never use them. Topics have ids in place of
 * names from version 13 on, zstd is allowed from 7 on.
 *
 * Batches are appended as they come; the answer waits until they are durable, with acks=1 as with acks=all: there is one replica, and its
 * disk is what both promise. With acks=0 there is no answer, and an error ends the connection.
 */

type TopicData = Decoded<typeof ProduceRequest>['topicData'][number]
type PartitionData = TopicData['partitionData'][number]
type TopicAnswer = NonNullable<Encodable<typeof ProduceResponse>['responses']>[number]
type PartitionAnswer = NonNullable<TopicAnswer['partitionResponses']>[number]

export const produce = api(
  ProduceRequest,
  ProduceResponse,
  { advertisedFrom: 0, from: 3, to: 13, writes: true },
  (request, call) => {
    const run = new ProduceRun(request, call)
    run.goOn()
  },
)

/** The contract has nothing against a batch. */
const TAKEN = Symbol('taken')

/** A Produce request on its way; one that is larger than the journal's ring waits in its middle for the disk. */
export class ProduceRun {
  private readonly request: Decoded<typeof ProduceRequest>
  private readonly call: Call<typeof ProduceResponse>
  private readonly responses: TopicAnswer[] = []
  private answers: PartitionAnswer[] = []
  private topicAt = 0
  private partitionAt = 0
  private error = 0
  /** What opening the batch that is next has come to, if that had to be done off the loop. */
  private opened: Admitted | null = null
  /** What the topic's contract says of that batch, if it took more than a look. */
  private checked: CheckedBatch | null = null
  /** The request's bytes do not go away any more. */
  private keeps: boolean
  private gone = false
  /** What is wrong with all of it. */
  private readonly fault: RequestFault | null

  constructor(request: Decoded<typeof ProduceRequest>, call: Call<typeof ProduceResponse>) {
    this.request = request
    this.call = call
    this.keeps = call.holdsBytes
    this.fault = requestFault(request)
  }

  readonly goOn = (): void => {
    const { topicData } = this.request
    if (this.gone) return
    for (; this.topicAt < topicData.length; this.topicAt++) {
      const data = topicData[this.topicAt]!
      const topic = this.topicOf(data)
      for (; this.partitionAt < data.partitionData.length; this.partitionAt++) {
        const partition = data.partitionData[this.partitionAt]!
        if (this.mustWait(partition)) return
        const answer = this.append(topic, partition)
        if (answer === null) return
        this.opened = null
        this.checked = null
        this.answers.push(answer)
      }
      this.responses.push({ name: data.name, topicId: data.topicId, partitionResponses: this.answers })
      this.answers = []
      this.partitionAt = 0
    }
    this.finish()
  }

  /** Waits if the journal's ring has no room now but will have; a full disk is an error, not something to wait for. */
  private mustWait(data: PartitionData): boolean {
    const { broker } = this.call.front
    const { journal } = broker.store
    const needed = Math.min((data.records?.length ?? 0) + 64, journal.longest)
    if (!this.keeps || hasRoomFor(broker, needed) || journal.full) return false
    this.call.onGone = this.left
    broker.whenRoom(this.goOn)
    return true
  }

  private readonly left = (): void => {
    this.gone = true
  }

  private topicOf(data: TopicData): Topic | undefined {
    const { topics } = this.call.front
    return this.call.version >= 13 ? topics.byId.get(data.topicId) : topics.byName.get(data.name)
  }

  /** The answer for one partition; null if its batch is being opened, and the run goes on later. */
  private append(topic: Topic | undefined, data: PartitionData): PartitionAnswer | null {
    const { topics } = this.call.front
    const { acks } = this.request
    if (this.fault !== null) {
      return { ...this.refused(data, this.fault.errorCode), errorMessage: this.fault.errorMessage }
    }
    if (topic === undefined && this.call.version >= 13) return this.refused(data, ErrorCode.UNKNOWN_TOPIC_ID)
    const partition = topic?.partitions[data.index]
    if (topic === undefined || partition === undefined) {
      return this.refused(data, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    }
    if (data.records === null) return this.refused(data, ErrorCode.INVALID_RECORD)
    if (acks < -1 || acks > 1) return this.refused(data, wrongAcks(data.records))
    let { records } = data
    if (isTransactionalBatch(records)) {
      const fault = transactionFault(
        this.call.front,
        this.request.transactionalId!,
        partition,
        records,
        this.call.version,
      )
      if (fault === ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER) return this.refusedFor(data, partition, 'out-of-order')
      if (fault !== ErrorCode.NONE) {
        const errorMessage = fault === ErrorCode.INVALID_TXN_STATE ? 'Partition was not added to the transaction' : null
        return { ...this.refused(data, fault), errorMessage }
      }
    }
    if (topic.isInternal) {
      const errorMessage = `Cannot append to internal topic ${topic.name}`
      return { ...this.refused(data, ErrorCode.INVALID_TOPIC_EXCEPTION), errorMessage }
    }
    const zstd = this.call.version >= 7
    if (topic.settings.contract !== null) {
      const answer = this.askContract(topic, topic.settings.contract, partition, data, records)
      if (answer !== TAKEN) return answer
    }
    if (needsOpening(topics, topic, records.bytes, records.at, records.length)) {
      const refusal = checkAppend(topics, topic, records.bytes, records.at, records.length, zstd)
      if (refusal !== null) return this.refusedFor(data, partition, refusal)
      const admitted = this.opened ?? this.open(topic, records)
      if (admitted === null) return null
      if (admitted.fault !== null) return this.rejected(data, topic, partition, admitted)
      if (admitted.bytes !== null) records = wholeOf(admitted.bytes)
    }
    const appended = appendBatch(topics, topic, partition, records.bytes, records.at, records.length, zstd)
    if (appended.refusal !== null) return this.refusedFor(data, partition, appended.refusal)
    return {
      index: data.index,
      baseOffset: appended.baseOffset,
      logAppendTimeMs: appended.appendTime,
      logStartOffset: partition.logStartOffset,
    }
  }

  /** What the topic's contract says of a batch: TAKEN, a refusal, or null if that is found out later. */
  private askContract(
    topic: Topic,
    contract: TopicContract,
    partition: Partition,
    data: PartitionData,
    { bytes, at, length }: Slice,
  ): PartitionAnswer | null | typeof TAKEN {
    const { topics } = this.call.front
    const refusal = checkAppend(topics, topic, bytes, at, length, this.call.version >= 7)
    if (refusal !== null) return this.refusedFor(data, partition, refusal)
    this.checked ??= checkContract(topics, topic, contract, bytes, at, length, this.wasChecked)
    if (this.checked === null) {
      this.call.onGone = this.left
      if (!this.keeps) this.keep()
      return null
    }
    const { refused, count, unreadable } = this.checked
    if (unreadable) return this.refusedFor(data, partition, 'invalid')
    if (count === 0) return TAKEN
    const recordErrors = refused.map(({ index, why }) => ({ batchIndex: index, batchIndexErrorMessage: why }))
    return {
      ...this.refusedFor(data, partition, 'invalid'),
      recordErrors,
      errorMessage: summaryOf('invalid', recordErrors, count),
    }
  }

  private readonly wasChecked = (error: Error | null, checked: CheckedBatch): void => {
    if (error !== null) this.call.front.options.log(`looking into a batch failed: ${error.message}`)
    this.checked = checked
    this.goOn()
  }

  private open(topic: Topic, { bytes, at, length }: Slice): Admitted | null {
    const { topics, options } = this.call.front
    const opened = openBatch(topics, topic, bytes, at, length, (error, admitted) => {
      if (error !== null) options.log(`opening a batch failed: ${error.message}`)
      this.opened = error === null ? admitted : { fault: 'invalid', records: [], times: [], earliest: 0, latest: 0 }
      this.goOn()
    })
    if (opened !== null) return opened
    this.call.onGone = this.left
    if (!this.keeps) this.keep()
    return null
  }

  /** Takes copies of what is still to be appended: the next read would write over it. */
  private keep(): void {
    this.keeps = true
    for (const { partitionData } of this.request.topicData.slice(this.topicAt)) {
      for (const data of partitionData) {
        const { records } = data
        if (records === null) continue
        const bytes = records.bytes.slice(records.at, records.at + records.length)
        Object.assign(data, { records: wholeOf(bytes) })
      }
    }
  }

  /** Records at fault are named one by one. */
  private rejected(data: PartitionData, topic: Topic, partition: Partition, rejected: Rejected): PartitionAnswer {
    const answer = this.refusedFor(data, partition, rejected.fault)
    if (rejected.records.length === 0) return answer
    const recordErrors = recordErrorsOf(rejected, `${topic.name}-${partition.number}`)
    return { ...answer, recordErrors, errorMessage: summaryOf(rejected.fault, recordErrors) }
  }

  private refusedFor(data: PartitionData, partition: Partition, refusal: AppendRefusal): PartitionAnswer {
    const [code, tellsStart] = APPEND_CODES[refusal]
    return { ...this.refused(data, code), logStartOffset: tellsStart ? partition.logStartOffset : -1 }
  }

  private refused(data: PartitionData, errorCode: number): PartitionAnswer {
    this.error = errorCode
    return { index: data.index, errorCode, baseOffset: -1 }
  }

  private finish(): void {
    if (this.request.acks !== 0) {
      this.call.reply({ responses: this.responses })
      return
    }
    // Nothing else can tell a producer that does not listen.
    if (this.error !== 0) this.call.abort(`a batch sent with acks=0 was refused: ${errorName(this.error)}`)
    else this.call.silence()
  }
}

/** What is no batch of today is told first. */
function wrongAcks({ bytes, at, length }: Slice): number {
  const fault = checkBatch(bytes, at, length)
  return fault === 'not-one-batch' || fault === 'old-format' ? APPEND_CODES[fault][0] : ErrorCode.INVALID_REQUIRED_ACKS
}

function wholeOf(bytes: Uint8Array): Slice {
  return { bytes, at: 0, length: bytes.length }
}
