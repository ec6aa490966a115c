import { ErrorCode } from '../../../src/wire/kafka/errors.ts'
import { AddOffsetsToTxnRequest, AddOffsetsToTxnResponse } from '../../../src/wire/kafka/messages/add-offsets-to-txn.ts'
import {
  AddPartitionsToTxnRequest,
  AddPartitionsToTxnResponse,
} from '../../../src/wire/kafka/messages/add-partitions-to-txn.ts'
import { EndTxnRequest, EndTxnResponse } from '../../../src/wire/kafka/messages/end-txn.ts'
import { InitProducerIdRequest, InitProducerIdResponse } from '../../../src/wire/kafka/messages/init-producer-id.ts'
import { ProduceRequest, ProduceResponse } from '../../../src/wire/kafka/messages/produce.ts'
import { TxnOffsetCommitRequest, TxnOffsetCommitResponse } from '../../../src/wire/kafka/messages/txn-offset-commit.ts'
import { rule } from '../../failure.ts'
import type { World } from '../../world.ts'
import { transactionalBatch } from '../batch.ts'
import { KafkaClient } from '../client.ts'
import type { KafkaLink } from '../link.ts'
import { LEDGER, type Told, type TransactionModel } from './model.ts'

/** One thing to do in a transaction; it is done again until there is an answer. */
type Step =
  | { readonly does: 'add' }
  | { readonly does: 'add-group' }
  | { readonly does: 'offsets'; readonly partitions: readonly number[] }
  | { readonly does: 'produce'; readonly partition: number; readonly ids: readonly number[]; readonly sequence: number }
  | { readonly does: 'end' }

const RETRIED: readonly number[] = [
  ErrorCode.CONCURRENT_TRANSACTIONS,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.KAFKA_STORAGE_ERROR,
  ErrorCode.NOT_ENOUGH_REPLICAS,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
]
/** The transaction took too long, or somebody else has the transactional id. */
const LOST: readonly number[] = [
  ErrorCode.INVALID_PRODUCER_EPOCH,
  ErrorCode.PRODUCER_FENCED,
  ErrorCode.INVALID_TXN_STATE,
  ErrorCode.TRANSACTION_ABORTABLE,
]

/** Produces and commits offsets in transactions, one after the other, perhaps with a transactional id that others use as well. */
export class TransactionWorker extends KafkaClient {
  private readonly model: TransactionModel
  private readonly name: string
  private readonly transactionalId: string
  private readonly group: string
  /** Whether it takes a new epoch with each end (KIP-890). */
  private readonly isNew: boolean
  private producerId = -1
  private epoch = -1
  private sequences: number[] = []
  private told: Told | null = null
  private steps: Step[] = []
  private commit = false
  private resent = false
  private stopped = false

  constructor(world: World, model: TransactionModel, name: string, transactionalId: string) {
    super(world)
    this.model = model
    this.name = name
    this.transactionalId = transactionalId
    this.group = `of-${transactionalId}`
    this.isNew = world.dice.chance(0.6)
    if (!model.groups.includes(this.group)) model.groups.push(this.group)
  }

  override drain(): void {
    this.stopped = true
  }

  /** In the end the last transaction has ended, one way or the other. */
  done(): boolean {
    return this.stopped && this.told === null
  }

  override toString(): string {
    return `${this.name}: transaction ${this.told?.number}, ${this.steps.length} steps left, ${this.producerId} ${this.epoch}`
  }

  protected override disconnected(): void {
    this.resent = true
  }

  protected act(link: KafkaLink): void {
    const { dice } = this.world
    if (this.link !== link || !link.open) return
    if (!this.stopped && dice.chance(0.01)) {
      link.break(dice.pick(['reset', 'end'] as const))
      return
    }
    // The process dies, and another one begins: what was open is nobody's.
    if (this.told !== null && link.waiting === 0 && dice.chance(0.01)) this.abandon(this.told)
    if (link.waiting === 0) this.goOn(link)
    // Now and then a transaction takes its time.
    if (!this.stopped && dice.chance(0.01)) this.world.clock.after(dice.unit() * 5000, () => this.act(link))
    else this.later(() => this.act(link))
  }

  private abandon(told: Told): void {
    this.model.lost(told)
    this.told = null
    this.producerId = -1
  }

  private goOn(link: KafkaLink): void {
    if (this.told === null && this.stopped) return
    if (this.producerId < 0) this.initialize(link)
    else {
      if (this.told === null) this.plan()
      this.take(link, this.steps[0]!)
    }
  }

  private initialize(link: KafkaLink): void {
    const transactionTimeoutMs = this.world.dice.pick([500, 5000, 60_000])
    const { transactionalId, model } = this
    const request = { transactionalId, transactionTimeoutMs }
    link.ask(InitProducerIdRequest, InitProducerIdResponse, this.world.dice.between(0, 5), request, (answer) => {
      if (answer.errorCode !== 0) {
        rule(RETRIED.includes(answer.errorCode), `${this.name}: its id was refused with error ${answer.errorCode}`)
        return
      }
      this.producerId = answer.producerId
      this.epoch = answer.producerEpoch
      model.took(transactionalId, this.producerId, this.epoch)
      this.sequences = []
    })
  }

  /** Draws up a transaction. */
  private plan(): void {
    const { dice } = this.world
    const told = this.model.begin(this.name, this.group)
    this.told = told
    this.commit = dice.chance(0.7)
    const partitions = Array.from({ length: this.model.partitions }, (_, i) => i).filter(() => dice.chance(0.7))
    const steps: Step[] = []
    for (const partition of partitions) {
      for (let n = dice.between(1, 3); n > 0; n--) {
        const ids = Array.from({ length: dice.between(1, 3) }, () => this.model.record(told, partition))
        const sequence = this.sequences[partition] ?? 0
        this.sequences[partition] = sequence + ids.length
        steps.push({ does: 'produce', partition, ids, sequence })
      }
    }
    const withOffsets = partitions.length === 0 || dice.chance(0.5)
    if (withOffsets) {
      const all = Array.from({ length: this.model.partitions }, (_, i) => i)
      const offsets = { does: 'offsets' as const, partitions: all.filter((i) => i === 0 || dice.chance(0.5)) }
      steps.splice(dice.below(steps.length + 1), 0, offsets)
    }
    this.steps = steps
    if (!this.isNew) {
      if (withOffsets) this.steps.unshift({ does: 'add-group' })
      if (partitions.length > 0) this.steps.unshift({ does: 'add' })
    }
    this.steps.push({ does: 'end' })
    this.resent = false
  }

  private get who() {
    return { transactionalId: this.transactionalId, producerId: this.producerId, producerEpoch: this.epoch }
  }

  private take(link: KafkaLink, step: Step): void {
    if (step.does === 'add') this.add(link)
    else if (step.does === 'produce') this.produce(link, step)
    else if (step.does === 'offsets') this.commitOffsets(link, step)
    else if (step.does === 'end') this.finish(link)
    else {
      const request = { ...this.who, groupId: this.group }
      link.ask(AddOffsetsToTxnRequest, AddOffsetsToTxnResponse, this.world.dice.between(0, 4), request, (answer) => {
        this.answered(answer.errorCode)
      })
    }
  }

  private add(link: KafkaLink): void {
    const partitions = new Set<number>()
    for (const step of this.steps) if (step.does === 'produce') partitions.add(step.partition)
    const request = {
      v3AndBelowTransactionalId: this.transactionalId,
      v3AndBelowProducerId: this.producerId,
      v3AndBelowProducerEpoch: this.epoch,
      v3AndBelowTopics: [{ name: LEDGER, partitions: [...partitions] }],
    }
    const version = this.world.dice.between(0, 3)
    link.ask(AddPartitionsToTxnRequest, AddPartitionsToTxnResponse, version, request, (answer) => {
      this.answered(answer.resultsByTopicV3AndBelow[0]!.resultsByPartition[0]!.partitionErrorCode)
    })
  }

  private produce(link: KafkaLink, step: Step & { does: 'produce' }): void {
    const { dice, clock } = this.world
    const { partition, ids, sequence } = step
    const { producerId, epoch: producerEpoch, told, resent } = this
    const bytes = transactionalBatch({ producerId, producerEpoch, baseSequence: sequence, ids }, clock.now())
    const partitionData = [{ index: partition, records: { bytes, at: 0, length: bytes.length } }]
    const topicData = [{ name: LEDGER, partitionData }]
    const request = { transactionalId: this.transactionalId, acks: -1, timeoutMs: 30_000, topicData }
    const version = this.isNew ? 12 : dice.between(5, 11)
    const isFenced = this.model.isFenced(this.transactionalId, producerId, producerEpoch)
    link.ask(ProduceRequest, ProduceResponse, version, request, (answer) => {
      const { errorCode, baseOffset } = answer.responses[0]!.partitionResponses[0]!
      if (errorCode === 0) {
        rule(resent || !isFenced, `${this.name} wrote to ledger ${partition} though it was fenced`)
        this.model.acknowledged(told!, partition, baseOffset, ids)
      }
      this.answered(errorCode)
    })
  }

  private commitOffsets(link: KafkaLink, { partitions }: Step & { does: 'offsets' }): void {
    const told = this.told!
    for (const partition of partitions) told.offsets.add(partition)
    const offsets = partitions.map((partitionIndex) => ({ partitionIndex, committedOffset: told.number }))
    const request = { ...this.who, groupId: this.group, topics: [{ name: LEDGER, partitions: offsets }] }
    const version = this.isNew ? 5 : this.world.dice.between(0, 4)
    link.ask(TxnOffsetCommitRequest, TxnOffsetCommitResponse, version, request, (answer) => {
      this.answered(answer.topics[0]!.partitions[0]!.errorCode)
    })
  }

  private finish(link: KafkaLink): void {
    const told = this.told!
    const { commit } = this
    if (commit) told.commitAsked = true
    told.state = 'ending'
    const version = this.isNew ? 5 : this.world.dice.between(0, 4)
    link.ask(EndTxnRequest, EndTxnResponse, version, { ...this.who, committed: commit }, (answer) => {
      if (answer.errorCode === 0) {
        this.model.ended(told, commit)
        this.told = null
        if (!this.isNew) return
        this.producerId = answer.producerId
        this.epoch = answer.producerEpoch
        this.sequences = []
      } else this.answered(answer.errorCode)
    })
  }

  /** A step was answered: it is done, or is done again, or the transaction is lost. */
  private answered(errorCode: number): void {
    if (errorCode === 0) {
      this.steps.shift()
      this.resent = false
    } else if (LOST.includes(errorCode)) {
      this.abandon(this.told!)
    } else {
      this.resent = true
      rule(RETRIED.includes(errorCode), `${this.name}: ${this.steps[0]!.does} was refused with error ${errorCode}`)
    }
  }
}
