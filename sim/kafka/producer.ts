import { ErrorCode } from '../../src/wire/kafka/errors.ts'
import { InitProducerIdRequest, InitProducerIdResponse } from '../../src/wire/kafka/messages/init-producer-id.ts'
import { ProduceRequest, ProduceResponse } from '../../src/wire/kafka/messages/produce.ts'
import { rule } from '../failure.ts'
import type { World } from '../world.ts'
import { encodeBatch } from './batch.ts'
import { KafkaClient } from './client.ts'
import type { KafkaLink } from './link.ts'
import { type KafkaModel, TOPIC } from './model.ts'

interface Sent {
  readonly partition: number
  readonly ids: readonly number[]
  readonly bytes: Uint8Array
}

/** One partition's batches, oldest first: a prefix of them is under way. */
interface Lane {
  readonly batches: Sent[]
  underWay: number
  /** Something went wrong: what is under way is waited for, then everything is sent again. */
  broken: boolean
  /** A batch was acknowledged: the broker knows our sequence. */
  known: boolean
  sequence: number
}

/** Kafka's producer keeps no more than five batches per partition under way, and the broker remembers as many. */
const MOST_UNDER_WAY = 5
const RETRIED: readonly number[] = [
  ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
  ErrorCode.KAFKA_STORAGE_ERROR,
  ErrorCode.NOT_ENOUGH_REPLICAS,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
]

/** An idempotent producer: sends again until it has an answer, and expects every record exactly once. */
export class Producer extends KafkaClient {
  private readonly model: KafkaModel
  private readonly name: string
  private readonly number: number
  private readonly lanes: Lane[]
  private readonly version: number
  private producerId = -1
  private epoch = 0
  private stopped = false

  constructor(world: World, model: KafkaModel, name: string) {
    super(world)
    this.model = model
    this.name = name
    this.number = model.producer()
    this.version = world.dice.between(5, 12)
    this.lanes = model.partitions.map(() => ({ batches: [], underWay: 0, broken: false, known: false, sequence: 0 }))
  }

  override drain(): void {
    this.stopped = true
  }

  done(): boolean {
    return this.lanes.every((lane) => lane.batches.length === 0)
  }

  override toString(): string {
    return `${this.name}: ${this.lanes.map((lane) => `${lane.batches.length} batches, ${lane.underWay} under way`)}`
  }

  protected override opened(link: KafkaLink): void {
    for (const lane of this.lanes) {
      lane.underWay = 0
      lane.broken = false
    }
    if (this.producerId >= 0) super.opened(link)
    else this.initialize(link)
  }

  private initialize(link: KafkaLink): void {
    const version = this.world.dice.between(0, 4)
    const request = { transactionalId: null, transactionTimeoutMs: 60_000 }
    link.ask(InitProducerIdRequest, InitProducerIdResponse, version, request, (answer) => {
      if (answer.errorCode !== 0) {
        this.later(() => this.initialize(link))
        return
      }
      this.producerId = answer.producerId
      this.epoch = answer.producerEpoch
      this.model.freshProducer(this.producerId, this.name)
      this.later(() => this.act(link))
    })
  }

  protected act(link: KafkaLink): void {
    const { dice } = this.world
    if (this.link !== link || !link.open) return
    if (!this.stopped && dice.chance(0.01)) {
      link.break(dice.pick(['reset', 'end'] as const))
      return
    }
    if (!this.stopped) this.make()
    for (let partition = 0; partition < this.lanes.length; partition++) this.send(link, partition)
    this.later(() => this.act(link))
  }

  /** Makes a batch for some partition. */
  private make(): void {
    const { dice, swarm, clock } = this.world
    const partition = dice.below(this.lanes.length)
    const lane = this.lanes[partition]!
    if (lane.batches.length >= 20) return
    const ids: number[] = []
    const fillers: number[] = []
    const baseSequence = lane.sequence
    for (let n = dice.between(1, 4); n > 0; n--) {
      ids.push(this.model.record(partition, this.number, lane.sequence++))
      fillers.push(dice.skewed(Math.min(2000, swarm.largest)))
    }
    const fields = { producerId: this.producerId, producerEpoch: this.epoch, baseSequence, ids }
    lane.batches.push({ partition, ids, bytes: encodeBatch(fields, fillers, clock.now()) })
  }

  private send(link: KafkaLink, partition: number): void {
    const lane = this.lanes[partition]!
    if (lane.broken) {
      if (lane.underWay > 0) return
      lane.broken = false
    }
    // A broker takes any sequence as the first of a producer it does not know: the first batch goes alone.
    const most = lane.known ? MOST_UNDER_WAY : 1
    while (lane.underWay < Math.min(most, lane.batches.length)) {
      this.sendOne(link, lane, lane.batches[lane.underWay++]!)
    }
  }

  private sendOne(link: KafkaLink, lane: Lane, batch: Sent): void {
    const { bytes, partition } = batch
    const records = { bytes, at: 0, length: bytes.length }
    const topicData = [{ name: TOPIC, partitionData: [{ index: partition, records }] }]
    const request = { transactionalId: null, acks: -1, timeoutMs: 30_000, topicData }
    link.ask(ProduceRequest, ProduceResponse, this.version, request, (answer) => {
      const told = answer.responses[0]!.partitionResponses[0]!
      lane.underWay--
      if (told.errorCode === 0) {
        rule(lane.batches[0] === batch, `${this.name}: a batch was taken before the one ahead of it`)
        lane.batches.shift()
        lane.known = true
        this.model.acknowledged(partition, told.baseOffset, batch.ids)
        this.world.add('batches acknowledged')
      } else {
        rule(RETRIED.includes(told.errorCode), `${this.name}: a batch was refused with error ${told.errorCode}`)
        this.world.add(`batches refused: ${told.errorCode}`)
        lane.broken = true
      }
    })
  }
}
