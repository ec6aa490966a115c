import { ErrorCode } from '../../src/wire/kafka/errors.ts'
import { FetchRequest, FetchResponse } from '../../src/wire/kafka/messages/fetch.ts'
import { ProduceRequest, ProduceResponse } from '../../src/wire/kafka/messages/produce.ts'
import { rule } from '../failure.ts'
import { decodeBatches, encodeBatch } from '../kafka/batch.ts'
import { KafkaClient } from '../kafka/client.ts'
import type { KafkaLink } from '../kafka/link.ts'
import type { World } from '../world.ts'
import type { StreamModel } from './model.ts'

/** Writes to a stream as to the topic of its name, and reads it so: it has the same records at the same offsets. */
export class StreamKafkaClient extends KafkaClient {
  private readonly model: StreamModel
  private readonly topic: string
  private readonly limited: boolean
  private readonly name: string
  private next = 0
  private rereading = false
  private readTo = -1

  constructor(world: World, model: StreamModel, topic: string, limited: boolean) {
    super(world)
    this.model = model
    this.topic = topic
    this.limited = limited
    this.name = `kafka client of ${topic}`
  }

  override drain(): void {
    this.rereading = true
    this.next = 0
  }

  done(): boolean {
    return this.readTo >= this.model.end(this.topic)
  }

  override toString(): string {
    return `${this.name}: read up to ${this.readTo} of ${this.model.end(this.topic)}`
  }

  protected act(link: KafkaLink): void {
    const { dice, draining } = this.world
    if (this.link !== link || !link.open) return
    if (!draining && dice.chance(0.02)) {
      link.break(dice.pick(['reset', 'end'] as const))
      return
    }
    if (link.waiting === 0) {
      if (draining || dice.chance(0.6)) this.fetch(link)
      else this.produce(link)
    }
    this.later(() => this.act(link))
  }

  /** Not idempotent, and sent once: each record is there once or not at all. */
  private produce(link: KafkaLink): void {
    const { dice, clock } = this.world
    const all = Array.from({ length: dice.between(1, 4) }, () => this.model.create([this.topic], 0, 0))
    const ids = all.map(({ id }) => id)
    const fillers = ids.map(() => dice.skewed(300))
    const bytes = encodeBatch({ producerId: -1, producerEpoch: -1, baseSequence: -1, ids }, fillers, clock.now())
    const partitionData = [{ index: 0, records: { bytes, at: 0, length: bytes.length } }]
    const topicData = [{ name: this.topic, partitionData }]
    const request = { transactionalId: null, acks: -1, timeoutMs: 30_000, topicData }
    link.ask(ProduceRequest, ProduceResponse, 9, request, (answer) => {
      const { errorCode, baseOffset } = answer.responses[0]!.partitionResponses[0]!
      if (errorCode !== 0) {
        const may: readonly number[] = [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.KAFKA_STORAGE_ERROR]
        rule(may.includes(errorCode), `${this.name}: a batch was refused with error ${errorCode}`)
        return
      }
      all.forEach((one, i) => {
        this.model.found(this.topic, baseOffset + i, one.id, 'acknowledged')
        this.model.confirmed(one)
      })
    })
  }

  private fetch(link: KafkaLink): void {
    const { dice } = this.world
    const from = this.next
    const again = this.rereading
    // The answer may be older than what is known when it comes.
    const known = this.model.end(this.topic)
    const partitions = [{ partition: 0, fetchOffset: from, partitionMaxBytes: dice.pick([1, 1000, 1_000_000]) }]
    const limits = { maxWaitMs: dice.pick([0, 10]), minBytes: 1, maxBytes: 1_000_000 }
    const request = { ...limits, topics: [{ topic: this.topic, partitions }] }
    link.ask(FetchRequest, FetchResponse, 11, request, (answer) => {
      const told = answer.responses[0]!.partitions[0]!
      const { errorCode, logStartOffset, highWatermark, records } = told
      if (errorCode === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) {
        rule(known === 0, `${this.name}: the topic is gone`)
        if (again) this.readTo = 0
        return
      }
      if (errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) {
        rule(this.limited, `${this.name}: ${from} is out of range`)
        this.next = this.model.end(this.topic) === from ? 0 : from + 1
        return
      }
      rule(errorCode === 0, `${this.name}: a fetch from ${from} was refused with error ${errorCode}`)
      this.model.toldStart(this.topic, logStartOffset)
      const bytes = records === null ? new Uint8Array(0) : records.bytes.slice(records.at, records.at + records.length)
      let next = from
      for (const { baseOffset, ids } of decodeBatches(bytes)) {
        rule(next === from ? baseOffset <= from : baseOffset === next, `${this.name}: ${baseOffset} after ${next}`)
        ids.forEach((id, i) => {
          this.model.found(this.topic, baseOffset + i, id, 'fetched')
        })
        this.world.add('stream records fetched', ids.length)
        next = baseOffset + ids.length
      }
      rule(next <= Math.max(from, highWatermark), `${this.name}: ${next - 1} was shown above ${highWatermark}`)
      if (this.next === from) this.next = next
      if (again && next === highWatermark) this.readTo = next
      if (!this.world.draining && dice.chance(0.05)) this.next = dice.below(next + 1)
    })
  }
}
