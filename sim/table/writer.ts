import { ErrorCode } from '../../src/wire/kafka/errors.ts'
import { CreateTopicsRequest, CreateTopicsResponse } from '../../src/wire/kafka/messages/create-topics.ts'
import { DeleteRecordsRequest, DeleteRecordsResponse } from '../../src/wire/kafka/messages/delete-records.ts'
import { ProduceRequest, ProduceResponse } from '../../src/wire/kafka/messages/produce.ts'
import { rule } from '../failure.ts'
import { KafkaClient } from '../kafka/client.ts'
import { encodeKeyed, type Keyed } from '../kafka/keyed-batch.ts'
import type { KafkaLink } from '../kafka/link.ts'
import type { World } from '../world.ts'
import { KEYS, TABLE, type TableModel } from './model.ts'

/** Makes the compacted topic, writes to it, and now and then deletes what is old. */
export class TableWriter extends KafkaClient {
  private readonly model: TableModel
  private readonly trims: boolean
  private readonly codec: string
  private created = false
  private stopped = false
  private idle = true
  private wroteSince = false

  constructor(world: World, model: TableModel) {
    super(world)
    this.model = model
    this.trims = world.dice.chance(0.5)
    this.codec = world.dice.pick(['producer', 'producer', 'gzip'])
  }

  override drain(): void {
    this.stopped = true
    this.wroteSince = false
  }

  done(): boolean {
    return this.created && this.idle && this.wroteSince
  }

  override toString(): string {
    return `the table's writer ${this.created ? 'writes' : 'has no topic'}`
  }

  protected override opened(link: KafkaLink): void {
    this.idle = true
    this.act(link)
  }

  protected act(link: KafkaLink): void {
    const { dice } = this.world
    if (!link.open) return
    if (!this.stopped && dice.chance(0.01)) {
      link.break(dice.pick(['reset', 'end'] as const))
      return
    }
    const again = () => {
      this.idle = true
      this.later(() => this.act(link))
    }
    this.idle = false
    if (!this.created) this.create(link, again)
    else if (this.trims && !this.stopped && dice.chance(0.01)) this.trim(link, again)
    else if (!this.stopped || !this.wroteSince) this.write(link, again)
    else again()
  }

  private create(link: KafkaLink, then: () => void): void {
    const configs = [
      { name: 'cleanup.policy', value: this.trims ? 'compact,delete' : 'compact' },
      { name: 'retention.ms', value: '-1' },
      { name: 'segment.ms', value: String(this.world.dice.pick([20, 200])) },
      { name: 'min.cleanable.dirty.ratio', value: '0.05' },
      { name: 'delete.retention.ms', value: String(this.model.tombstoneMs) },
      { name: 'compression.type', value: this.codec },
    ]
    const numPartitions = this.model.partitions.length
    const topics = [{ name: TABLE, numPartitions, replicationFactor: 1, assignments: [], configs }]
    link.ask(CreateTopicsRequest, CreateTopicsResponse, 7, { topics, timeoutMs: 1000 }, (answer) => {
      const { errorCode } = answer.topics[0]!
      if (errorCode === 0 || errorCode === ErrorCode.TOPIC_ALREADY_EXISTS) this.created = true
      then()
    })
  }

  private write(link: KafkaLink, then: () => void): void {
    const { dice, clock, swarm } = this.world
    const partition = dice.below(this.model.partitions.length)
    const records: Keyed[] = Array.from({ length: dice.between(1, 4) }, () => {
      const filler = 'x'.repeat(dice.skewed(Math.min(400, swarm.largest)))
      return { key: `k${dice.below(KEYS)}`, value: dice.chance(0.1) ? null : `${++this.model.written}${filler}` }
    })
    const bytes = encodeKeyed(records, clock.now())
    const partitionData = [{ index: partition, records: { bytes, at: 0, length: bytes.length } }]
    const topicData = [{ name: TABLE, partitionData }]
    const request = { transactionalId: null, acks: -1, timeoutMs: 30_000, topicData }
    this.model.sent(partition, records)
    link.ask(ProduceRequest, ProduceResponse, 9, request, ({ responses }) => {
      this.model.answered(partition, records)
      const { errorCode, baseOffset } = responses[0]!.partitionResponses[0]!
      rule(
        errorCode === 0 || errorCode === ErrorCode.KAFKA_STORAGE_ERROR,
        `a batch for the table was refused with error ${errorCode}`,
      )
      if (errorCode === 0) {
        this.model.acknowledged(
          partition,
          records.map((record, i) => ({ ...record, offset: baseOffset + i })),
        )
        if (this.stopped) this.wroteSince = true
      }
      then()
    })
  }

  private trim(link: KafkaLink, then: () => void): void {
    const partitionIndex = this.world.dice.below(this.model.partitions.length)
    const model = this.model.partitions[partitionIndex]!
    const offset = this.world.dice.below(model.highWatermark + 1)
    model.trying = Math.max(model.trying, offset)
    const topics = [{ name: TABLE, partitions: [{ partitionIndex, offset }] }]
    link.ask(DeleteRecordsRequest, DeleteRecordsResponse, 2, { topics, timeoutMs: 1000 }, (answer) => {
      const { errorCode, lowWatermark } = answer.topics[0]!.partitions[0]!
      if (errorCode === 0) {
        rule(lowWatermark >= offset, `the table was trimmed to ${offset}, and begins at ${lowWatermark}`)
        model.trimmed = Math.max(model.trimmed, lowWatermark)
        this.world.add('tables trimmed')
      }
      then()
    })
  }
}
