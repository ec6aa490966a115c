import { ErrorCode } from '../../src/wire/kafka/errors.ts'
import { CreateTopicsRequest, CreateTopicsResponse } from '../../src/wire/kafka/messages/create-topics.ts'
import { DeleteRecordsRequest, DeleteRecordsResponse } from '../../src/wire/kafka/messages/delete-records.ts'
import { DeleteTopicsRequest, DeleteTopicsResponse } from '../../src/wire/kafka/messages/delete-topics.ts'
import { FetchRequest, FetchResponse } from '../../src/wire/kafka/messages/fetch.ts'
import { ListOffsetsRequest, ListOffsetsResponse } from '../../src/wire/kafka/messages/list-offsets.ts'
import { MetadataRequest, MetadataResponse } from '../../src/wire/kafka/messages/metadata.ts'
import { ProduceRequest, ProduceResponse } from '../../src/wire/kafka/messages/produce.ts'
import { type Slice, ZERO_UUID } from '../../src/wire/kafka/schema.ts'
import { rule } from '../failure.ts'
import type { World } from '../world.ts'
import { decodeBatches, encodeBatch } from './batch.ts'
import { KafkaClient } from './client.ts'
import type { KafkaLink } from './link.ts'

const NAME = 'passing'
const EARLIEST = -2

/**
 * One client with a topic that nobody else uses: it fills it, moves the start of its log, reads it, deletes it, and creates it again. What was
 * acknowledged and not let go is there; what was let go never comes back, nor does a topic that was deleted.
 */
export class PassingTopic extends KafkaClient {
  /** The topic's id; empty if it is not there as far as we know. */
  private id = ''
  /** Ids of topics that were there and are gone. */
  private readonly gone = new Set<string>()
  /** Somebody has asked to delete it, and may not have heard the answer. */
  private deleting = false
  /** Records by offset, from acknowledgements and from what was read; and all that were sent. */
  private at = new Map<number, number>()
  private tried = new Set<number>()
  /** One above the highest offset that is known to be readable. */
  private known = 0
  /** The log begins at `leastStart` or above, and at `mostStart` or below. */
  private leastStart = 0
  private mostStart = 0
  /** A trim goes by name: one whose answer never came may yet reach a topic that is created later. */
  private trimming = -1
  private lateTrim = 0
  private next = 0
  private nextRecord = 1
  private rereading = false
  private drained = false

  constructor(world: World) {
    super(world)
  }

  override drain(): void {
    this.rereading = true
    this.next = this.leastStart
  }

  done(): boolean {
    return this.drained
  }

  override toString(): string {
    return `the passing topic ${this.id}: read up to ${this.next} of ${this.known}`
  }

  protected override disconnected(): void {
    this.lateTrim = Math.max(this.lateTrim, this.trimming)
    this.trimming = -1
  }

  /** One thing at a time. */
  protected act(link: KafkaLink): void {
    const { dice } = this.world
    if (this.link !== link || !link.open) return
    if (link.waiting === 0) this.choose(link)
    else if (!this.rereading && dice.chance(0.02)) {
      link.break(dice.pick(['reset', 'end'] as const))
      return
    }
    this.later(() => this.act(link))
  }

  private choose(link: KafkaLink): void {
    const { dice } = this.world
    if (this.id === '') this.find(link)
    else if (this.rereading) this.fetch(link)
    else {
      const what = dice.below(100)
      if (what < 60) this.produce(link)
      else if (what < 84) this.fetch(link)
      else if (what < 97) this.trim(link)
      else this.remove(link)
    }
  }

  /** Whether the topic is there, and creates it if it is not. */
  private find(link: KafkaLink): void {
    const request = { topics: [{ topicId: ZERO_UUID, name: NAME }], allowAutoTopicCreation: false }
    link.ask(MetadataRequest, MetadataResponse, 12, request, (answer) => {
      const { errorCode, topicId } = answer.topics[0]!
      if (errorCode === 0) this.found(topicId)
      else {
        rule(errorCode === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `metadata of the passing topic: error ${errorCode}`)
        if (this.rereading) this.drained = true
        else this.create(link)
      }
    })
  }

  private create(link: KafkaLink): void {
    const topics = [{ name: NAME, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }]
    link.ask(CreateTopicsRequest, CreateTopicsResponse, 7, { topics, timeoutMs: 1000 }, (answer) => {
      const { errorCode, topicId } = answer.topics[0]!
      if (errorCode === 0) this.found(topicId)
    })
  }

  private found(id: string): void {
    rule(!this.gone.has(id), `the topic ${id} was deleted, and is there again`)
    this.id = id
    this.deleting = false
    this.at = new Map()
    this.tried = new Set()
    this.known = 0
    this.next = 0
    this.leastStart = 0
    this.mostStart = this.lateTrim
    this.world.add('passing topics')
  }

  /** An answer says that there is no such topic. */
  private lost(): void {
    rule(this.deleting, `the topic ${this.id} is gone, though nobody deleted it`)
    this.gone.add(this.id)
    this.id = ''
  }

  private produce(link: KafkaLink): void {
    const { dice, swarm, clock } = this.world
    const { id } = this
    const ids = Array.from({ length: dice.between(1, 4) }, () => this.nextRecord++)
    for (const record of ids) this.tried.add(record)
    const fillers = ids.map(() => dice.skewed(Math.min(2000, swarm.largest)))
    const bytes = encodeBatch({ producerId: -1, producerEpoch: -1, baseSequence: -1, ids }, fillers, clock.now())
    const records = { bytes, at: 0, length: bytes.length }
    const topicData = [{ topicId: id, partitionData: [{ index: 0, records }] }]
    const request = { transactionalId: null, acks: -1, timeoutMs: 30_000, topicData }
    link.ask(ProduceRequest, ProduceResponse, 13, request, (answer) => {
      const { errorCode, baseOffset } = answer.responses[0]!.partitionResponses[0]!
      if (errorCode === ErrorCode.UNKNOWN_TOPIC_ID) this.lost()
      else if (errorCode === 0) {
        ids.forEach((record, i) => {
          this.stands(baseOffset + i, record)
        })
        this.known = Math.max(this.known, baseOffset + ids.length)
      } else rule(errorCode === ErrorCode.KAFKA_STORAGE_ERROR, `the passing topic refused a batch: ${errorCode}`)
    })
  }

  /** A record is at an offset, for ever. */
  private stands(offset: number, record: number): void {
    const there = this.at.get(offset)
    rule(there === undefined || there === record, `offset ${offset} of ${this.id} has record ${record}, had ${there}`)
    rule(this.tried.has(record), `${this.id} has record ${record} at ${offset}, which was not sent there`)
    this.at.set(offset, record)
  }

  private starts(offset: number): void {
    const range = `between ${this.leastStart} and ${this.mostStart}`
    rule(
      offset >= this.leastStart && offset <= this.mostStart,
      `the log of ${this.id} begins at ${offset}, not ${range}`,
    )
    this.leastStart = offset
  }

  private fetch(link: KafkaLink): void {
    const { dice } = this.world
    const from = this.next
    const atLeast = this.known
    const partitions = [{ partition: 0, fetchOffset: from, partitionMaxBytes: dice.pick([1, 1000, 1_000_000]) }]
    const limits = { maxWaitMs: dice.pick([0, 10]), minBytes: 1, maxBytes: 1_000_000 }
    const request = { ...limits, topics: [{ topicId: this.id, partitions }] }
    link.ask(FetchRequest, FetchResponse, 17, request, (answer) => {
      const told = answer.responses[0]!.partitions[0]!
      if (told.errorCode === ErrorCode.UNKNOWN_TOPIC_ID) this.lost()
      else if (told.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) this.askStart(link, from)
      else {
        rule(told.errorCode === 0, `a fetch of the passing topic was refused: ${told.errorCode}`)
        rule(told.highWatermark >= atLeast, `${this.id} ends at ${told.highWatermark}, before ${atLeast}`)
        this.starts(told.logStartOffset)
        this.known = told.highWatermark
        this.read(from, told.records, told.highWatermark)
      }
    })
  }

  private read(from: number, records: Slice | null, highWatermark: number): void {
    const bytes = records === null ? new Uint8Array(0) : records.bytes.slice(records.at, records.at + records.length)
    let next = from
    for (const { baseOffset, ids } of decodeBatches(bytes)) {
      rule(next === from ? baseOffset <= from : baseOffset === next, `${this.id}: ${baseOffset} comes after ${next}`)
      ids.forEach((record, i) => {
        this.stands(baseOffset + i, record)
      })
      next = baseOffset + ids.length
    }
    rule(next <= highWatermark, `${this.id}: ${next - 1} was shown, above the high watermark ${highWatermark}`)
    this.world.add('passing records read', next - from)
    this.next = next
    if (this.rereading && next === highWatermark) this.drained = true
  }

  private askStart(link: KafkaLink, from: number): void {
    const outside = from < this.mostStart || from > this.known
    rule(outside, `${from} is out of range in ${this.id}, which begins at ${this.mostStart} at most`)
    const topics = [{ name: NAME, partitions: [{ partitionIndex: 0, timestamp: EARLIEST }] }]
    const { id } = this
    link.ask(ListOffsetsRequest, ListOffsetsResponse, 7, { topics }, (answer) => {
      const { errorCode, offset } = answer.topics[0]!.partitions[0]!
      if (errorCode !== 0 || this.id !== id) return
      this.starts(offset)
      this.next = offset
    })
  }

  private trim(link: KafkaLink): void {
    const offset = this.world.dice.between(this.leastStart, Math.max(this.leastStart, this.known))
    this.trimming = offset
    this.mostStart = Math.max(this.mostStart, offset)
    const topics = [{ name: NAME, partitions: [{ partitionIndex: 0, offset }] }]
    link.ask(DeleteRecordsRequest, DeleteRecordsResponse, 2, { topics, timeoutMs: 1000 }, (answer) => {
      this.trimming = -1
      const { errorCode, lowWatermark } = answer.topics[0]!.partitions[0]!
      if (errorCode === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) this.lost()
      else if (errorCode === 0) {
        rule(lowWatermark >= offset, `${this.id} begins at ${lowWatermark} after a trim to ${offset}`)
        this.starts(lowWatermark)
        this.world.add('passing trims')
      } else rule(errorCode === ErrorCode.KAFKA_STORAGE_ERROR, `a trim was refused: ${errorCode}`)
    })
  }

  private remove(link: KafkaLink): void {
    this.deleting = true
    const { id } = this
    const request = { topics: [{ name: null, topicId: id }], topicNames: [], timeoutMs: 1000 }
    link.ask(DeleteTopicsRequest, DeleteTopicsResponse, 6, request, (answer) => {
      const { errorCode } = answer.responses[0]!
      if (errorCode === 0 || errorCode === ErrorCode.UNKNOWN_TOPIC_ID) {
        this.lost()
        this.world.add('passing topics deleted')
      } else rule(errorCode === ErrorCode.KAFKA_STORAGE_ERROR, `a deletion was refused: ${errorCode}`)
    })
  }
}
