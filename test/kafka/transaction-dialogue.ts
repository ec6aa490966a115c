import { transactionalBatch } from '../../sim/kafka/batch.ts'
import { errorName } from '../../src/wire/kafka/errors.ts'
import { AddOffsetsToTxnRequest, AddOffsetsToTxnResponse } from '../../src/wire/kafka/messages/add-offsets-to-txn.ts'
import {
  AddPartitionsToTxnRequest,
  AddPartitionsToTxnResponse,
} from '../../src/wire/kafka/messages/add-partitions-to-txn.ts'
import {
  DescribeProducersRequest,
  DescribeProducersResponse,
} from '../../src/wire/kafka/messages/describe-producers.ts'
import {
  DescribeTransactionsRequest,
  DescribeTransactionsResponse,
} from '../../src/wire/kafka/messages/describe-transactions.ts'
import { EndTxnRequest, EndTxnResponse } from '../../src/wire/kafka/messages/end-txn.ts'
import { FetchRequest, FetchResponse } from '../../src/wire/kafka/messages/fetch.ts'
import { InitProducerIdRequest, InitProducerIdResponse } from '../../src/wire/kafka/messages/init-producer-id.ts'
import { ListOffsetsRequest, ListOffsetsResponse } from '../../src/wire/kafka/messages/list-offsets.ts'
import { ListTransactionsRequest, ListTransactionsResponse } from '../../src/wire/kafka/messages/list-transactions.ts'
import { OffsetFetchRequest, OffsetFetchResponse } from '../../src/wire/kafka/messages/offset-fetch.ts'
import { ProduceRequest, ProduceResponse } from '../../src/wire/kafka/messages/produce.ts'
import { TxnOffsetCommitRequest, TxnOffsetCommitResponse } from '../../src/wire/kafka/messages/txn-offset-commit.ts'
import { WriteTxnMarkersRequest, WriteTxnMarkersResponse } from '../../src/wire/kafka/messages/write-txn-markers.ts'
import type { Decoded, Encodable, Message, Slice } from '../../src/wire/kafka/schema.ts'

export const TRANSACTION_MESSAGES = {
  init: { request: InitProducerIdRequest, response: InitProducerIdResponse },
  add: { request: AddPartitionsToTxnRequest, response: AddPartitionsToTxnResponse },
  addOffsets: { request: AddOffsetsToTxnRequest, response: AddOffsetsToTxnResponse },
  commitOffsets: { request: TxnOffsetCommitRequest, response: TxnOffsetCommitResponse },
  end: { request: EndTxnRequest, response: EndTxnResponse },
  produce: { request: ProduceRequest, response: ProduceResponse },
  fetch: { request: FetchRequest, response: FetchResponse },
  offsets: { request: ListOffsetsRequest, response: ListOffsetsResponse },
  committed: { request: OffsetFetchRequest, response: OffsetFetchResponse },
  list: { request: ListTransactionsRequest, response: ListTransactionsResponse },
  describe: { request: DescribeTransactionsRequest, response: DescribeTransactionsResponse },
  producers: { request: DescribeProducersRequest, response: DescribeProducersResponse },
  markers: { request: WriteTxnMarkersRequest, response: WriteTxnMarkersResponse },
} as const

type Verb = keyof typeof TRANSACTION_MESSAGES
type Answer<V extends Verb> = Decoded<(typeof TRANSACTION_MESSAGES)[V]['response']>

/** A broker to talk with: ours, or the one to compare with. */
export interface Peer {
  ask<Q extends Message, R extends Message>(
    about: { request: Q; response: R },
    version: number,
    request: Encodable<Q>,
  ): Promise<Decoded<R>>
  /** Lets time pass. */
  wait(ms: number): Promise<void>
  now(): number
  /** Makes a topic of three partitions. */
  topic(name: string): Promise<void>
  /** What names begin with, so that they are new. */
  readonly prefix: string
}

/** Where time matters in an answer, what is told in its place. */
const TIMES = ['transactionStartTimeMs', 'lastTimestamp', 'logAppendTimeMs']
/** Told of the whole broker, not of us; or of no importance. */
const HIDDEN = [
  ...['throttleTimeMs', 'sessionId', 'errorMessage', 'leaderEpoch', 'nodeEndpoints', 'currentLeader', 'topicId'],
  ...['ongoingTxnProducerId', 'ongoingTxnProducerEpoch', 'recordErrors', 'divergingEpoch', 'snapshotId'],
  ...['preferredReadReplica', 'committedLeaderEpoch'],
]

/** Says one thing after the other and writes down what is answered, in a form that two brokers can have in common. */
export class TransactionDialogue {
  readonly lines: string[] = []
  readonly peer: Peer
  private readonly ids = new Map<number, string>()

  constructor(peer: Peer) {
    this.peer = peer
  }

  name(text: string): string {
    return this.peer.prefix + text
  }

  part(title: string): void {
    this.lines.push(`-- ${title}`)
  }

  /** Asks and writes the answer down; where Kafka has not finished yet what it says is done, asks again. */
  async ask<V extends Verb>(
    label: string,
    verb: V,
    version: number,
    request: Encodable<(typeof TRANSACTION_MESSAGES)[V]['request']>,
  ): Promise<Answer<V>> {
    const about = TRANSACTION_MESSAGES[verb] as unknown as { request: Message; response: Message }
    const answer = (await this.peer.ask(about, version, request as Encodable<Message>)) as Answer<V>
    this.lines.push(`${label}, ${verb} ${version}: ${JSON.stringify(this.plain(answer, ''))}`)
    return answer
  }

  /** Kafka answers before the markers are written. */
  settle(): Promise<void> {
    return this.peer.wait(300)
  }

  private plain(value: unknown, key: string): unknown {
    if (key === 'producerId' || key === 'transactionalProducerId') return this.id(value as number)
    if (/errorCode$/i.test(key)) return errorName(value as number)
    if (TIMES.includes(key)) return (value as number) < 0 ? value : 'a time'
    if (typeof value === 'string') return value.replaceAll(this.peer.prefix, '')
    if (value instanceof Uint8Array) return value.length
    // Which one it is depends on the group's name, which is new.
    if (value !== null && typeof value === 'object' && 'topic' in value && value.topic === '__consumer_offsets') {
      return value.topic
    }
    if (Array.isArray(value)) return sorted(value.map((one) => this.plain(one, key)))
    if (value === null || typeof value !== 'object') return value
    if ('bytes' in value) return `${(value as Slice).length} bytes`
    const fields = Object.entries(value).filter(([name]) => !HIDDEN.includes(name))
    return Object.fromEntries(fields.map(([name, field]) => [name, this.plain(field, name)]))
  }

  /** Producer ids in the order in which they are told. */
  private id(id: number): string | number {
    if (id < 0) return id
    if (!this.ids.has(id)) this.ids.set(id, `#${this.ids.size + 1}`)
    return this.ids.get(id)!
  }
}

/** Kafka keeps much in hash tables: no order means anything. */
function sorted(values: unknown[]): unknown[] {
  return values.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}

/** Somebody with a transactional id, as he sees himself. */
export interface Worker {
  readonly transactionalId: string
  readonly producerId: number
  readonly producerEpoch: number
}

export function produceRequest(
  now: number,
  worker: Worker,
  topic: string,
  index: number,
  baseSequence: number,
  count = 1,
): Encodable<typeof ProduceRequest> {
  const ids = Array.from({ length: count }, (_, i) => i)
  const { transactionalId, producerId, producerEpoch } = worker
  const bytes = transactionalBatch({ producerId, producerEpoch, baseSequence, ids }, now)
  const records = { bytes, at: 0, length: bytes.length }
  return {
    transactionalId,
    acks: -1,
    timeoutMs: 5000,
    topicData: [{ name: topic, partitionData: [{ index, records }] }],
  }
}

export function addRequest(
  worker: Worker,
  topic: string,
  ...partitions: number[]
): Encodable<typeof AddPartitionsToTxnRequest> {
  return {
    v3AndBelowTransactionalId: worker.transactionalId,
    v3AndBelowProducerId: worker.producerId,
    v3AndBelowProducerEpoch: worker.producerEpoch,
    v3AndBelowTopics: [{ name: topic, partitions }],
  }
}

export function commitRequest(
  worker: Worker,
  groupId: string,
  topic: string,
  committedOffset: number,
  member: { memberId?: string; generationId?: number } = {},
): Encodable<typeof TxnOffsetCommitRequest> {
  const partitions = [{ partitionIndex: 0, committedOffset, committedMetadata: 'm' }]
  return { ...worker, groupId, ...member, topics: [{ name: topic, partitions }] }
}
