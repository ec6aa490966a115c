import { crc32c } from '../../src/std/crc32c.ts'
import { ErrorCode } from '../../src/wire/kafka/errors.ts'
import {
  AddPartitionsToTxnRequest,
  AddPartitionsToTxnResponse,
} from '../../src/wire/kafka/messages/add-partitions-to-txn.ts'
import { EndTxnRequest, EndTxnResponse } from '../../src/wire/kafka/messages/end-txn.ts'
import { InitProducerIdRequest, InitProducerIdResponse } from '../../src/wire/kafka/messages/init-producer-id.ts'
import { ProduceRequest, ProduceResponse } from '../../src/wire/kafka/messages/produce.ts'
import { rule } from '../failure.ts'
import { KafkaClient } from '../kafka/client.ts'
import { encodeKeyed, type Keyed, type KeyedAt } from '../kafka/keyed-batch.ts'
import type { KafkaLink } from '../kafka/link.ts'
import type { World } from '../world.ts'
import { KEYS, TABLE, type TableModel } from './model.ts'

const TRANSACTIONAL_ID = 'table'
/** Longer than anything takes here: a transaction ends as its producer says, and by nothing else. */
const TIMEOUT_MS = 900_000
const TRANSACTIONAL = 16

/** One transaction: records of one partition, of which nothing counts until it has ended. */
interface Open {
  readonly partition: number
  readonly commit: boolean
  /** Batches that are still to be written; the first one may have been. */
  readonly left: Keyed[][]
  readonly written: KeyedAt[]
  added: boolean
}

/** Writes to the compacted topic in transactions, half of which it aborts. Each step is done again until there is an answer. */
export class TableTransactor extends KafkaClient {
  private readonly model: TableModel
  private producer: { producerId: number; producerEpoch: number } | null = null
  private open: Open | null = null
  private readonly sequences: number[]
  private stopped = false

  constructor(world: World, model: TableModel) {
    super(world)
    this.model = model
    this.sequences = model.partitions.map(() => 0)
  }

  override drain(): void {
    this.stopped = true
  }

  done(): boolean {
    return this.stopped && this.open === null
  }

  override toString(): string {
    return `the table's transactor has ${this.open === null ? 'nothing open' : `${this.open.left.length} batches left`}`
  }

  protected override opened(link: KafkaLink): void {
    this.act(link)
  }

  protected act(link: KafkaLink): void {
    const { dice } = this.world
    if (!link.open) return
    if (!this.stopped && dice.chance(0.01)) {
      link.break(dice.pick(['reset', 'end'] as const))
      return
    }
    const again = () => this.later(() => this.act(link))
    if (this.stopped && this.open === null) return
    this.open ??= this.plan()
    if (this.producer === null) this.initialize(link, again)
    else if (!this.open.added) this.add(link, this.open, again)
    else if (this.open.left.length > 0) this.produce(link, this.open, again)
    else this.finish(link, this.open, again)
  }

  private plan(): Open {
    const { dice, swarm } = this.world
    const record = (): Keyed => {
      const filler = 'x'.repeat(dice.skewed(Math.min(400, swarm.largest)))
      return { key: `k${dice.below(KEYS)}`, value: dice.chance(0.1) ? null : `${++this.model.written}${filler}` }
    }
    const left = Array.from({ length: dice.between(1, 3) }, () => Array.from({ length: dice.between(1, 4) }, record))
    const partition = dice.below(this.model.partitions.length)
    this.model.sent(partition, left.flat())
    return { partition, commit: dice.chance(0.5), left, written: [], added: false }
  }

  private get who() {
    return { transactionalId: TRANSACTIONAL_ID, ...this.producer! }
  }

  private initialize(link: KafkaLink, then: () => void): void {
    const asked = { transactionalId: TRANSACTIONAL_ID, transactionTimeoutMs: TIMEOUT_MS }
    link.ask(InitProducerIdRequest, InitProducerIdResponse, 2, asked, ({ errorCode, producerId, producerEpoch }) => {
      if (errorCode === 0) this.producer = { producerId, producerEpoch }
      else rule(isForNow(errorCode), `the table's transactional id was refused with error ${errorCode}`)
      then()
    })
  }

  private add(link: KafkaLink, open: Open, then: () => void): void {
    const asked = {
      v3AndBelowTransactionalId: TRANSACTIONAL_ID,
      v3AndBelowProducerId: this.producer!.producerId,
      v3AndBelowProducerEpoch: this.producer!.producerEpoch,
      v3AndBelowTopics: [{ name: TABLE, partitions: [open.partition] }],
    }
    link.ask(
      AddPartitionsToTxnRequest,
      AddPartitionsToTxnResponse,
      2,
      asked,
      ({ resultsByTopicV3AndBelow: [topic] }) => {
        const { partitionErrorCode } = topic!.resultsByPartition[0]!
        open.added = partitionErrorCode === 0
        rule(open.added || isForNow(partitionErrorCode), `the table was not added, with error ${partitionErrorCode}`)
        then()
      },
    )
  }

  private produce(link: KafkaLink, open: Open, then: () => void): void {
    const { partition, left, written } = open
    const records = left[0]!
    const baseSequence = this.sequences[partition]!
    const bytes = encodeKeyed(records, this.world.clock.now(), { ...this.producer!, baseSequence })
    bytes[22]! |= TRANSACTIONAL
    new DataView(bytes.buffer).setUint32(17, crc32c(bytes, 21, bytes.length))
    const partitionData = [{ index: partition, records: { bytes, at: 0, length: bytes.length } }]
    const topicData = [{ name: TABLE, partitionData }]
    const asked = { transactionalId: TRANSACTIONAL_ID, acks: -1, timeoutMs: 30_000, topicData }
    link.ask(ProduceRequest, ProduceResponse, 9, asked, ({ responses }) => {
      const { errorCode, baseOffset } = responses[0]!.partitionResponses[0]!
      if (errorCode === 0) {
        left.shift()
        this.sequences[partition] = baseSequence + records.length
        written.push(...records.map((record, i) => ({ ...record, offset: baseOffset + i })))
      } else rule(isForNow(errorCode), `a batch of a transaction was refused by the table with error ${errorCode}`)
      then()
    })
  }

  private finish(link: KafkaLink, open: Open, then: () => void): void {
    const { partition, commit, written } = open
    link.ask(EndTxnRequest, EndTxnResponse, 2, { ...this.who, committed: commit }, ({ errorCode }) => {
      if (errorCode === 0) {
        this.model.answered(partition, written)
        if (commit) this.model.acknowledged(partition, written)
        else this.model.aborted(partition, written)
        this.open = null
      } else rule(isForNow(errorCode), `the end of a transaction was refused with error ${errorCode}`)
      then()
    })
  }
}

function isForNow(errorCode: number): boolean {
  return (
    errorCode === ErrorCode.KAFKA_STORAGE_ERROR ||
    errorCode === ErrorCode.COORDINATOR_NOT_AVAILABLE ||
    errorCode === ErrorCode.CONCURRENT_TRANSACTIONS ||
    errorCode === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
  )
}
