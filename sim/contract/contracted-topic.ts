import type { Broker } from '../../src/broker/broker.ts'
import { register } from '../../src/broker/subject/register.ts'
import { readName } from '../../src/core/subject/name.ts'
import { isRefused } from '../../src/core/subject/refusals.ts'
import { ErrorCode } from '../../src/wire/kafka/errors.ts'
import { CreateTopicsRequest, CreateTopicsResponse } from '../../src/wire/kafka/messages/create-topics.ts'
import { FetchRequest, FetchResponse } from '../../src/wire/kafka/messages/fetch.ts'
import { ProduceRequest, ProduceResponse } from '../../src/wire/kafka/messages/produce.ts'
import type { Slice } from '../../src/wire/kafka/schema.ts'
import { rule } from '../failure.ts'
import { decodeBatches, encodeBatch } from '../kafka/batch.ts'
import { KafkaClient } from '../kafka/client.ts'
import type { KafkaLink } from '../kafka/link.ts'
import type { World } from '../world.ts'

const NAME = 'contracted'
/** No schema has it. */
const NOBODY = 0x7fffffff
const HEAD = 5
const RETRIED: readonly number[] = [ErrorCode.KAFKA_STORAGE_ERROR, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]

/**
 * One client with a topic that has a contract: it sends batches of which each record has the id of a schema, and some in which one has not. Those are
 * refused, whatever crashes, and none of their records is ever read; the others are there once they were acknowledged.
 */
export class ContractedTopic extends KafkaClient {
  /** The id of the schema; -1 until somebody was told. */
  private schema = -1
  private registering = 0
  private created = false
  private nextRecord = 1
  private readonly sent = new Set<number>()
  /** Records of batches that have to be refused. */
  private readonly never = new Set<number>()
  /** Records by offset. */
  private readonly at: number[] = []
  private next = 0
  private known = 0
  private rereading = false
  private drained = false

  constructor(world: World) {
    super(world)
  }

  override drain(): void {
    this.rereading = true
    this.next = 0
  }

  done(): boolean {
    return this.drained
  }

  override toString(): string {
    return `the contracted topic: read up to ${this.next} of ${this.known}`
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
    const broker = this.world.process?.broker
    if (this.schema < 0) {
      if (broker !== undefined) this.register(broker)
    } else if (!this.created) this.create(link)
    else if (this.rereading || this.world.dice.chance(0.3)) this.fetch(link)
    else this.produce(link)
  }

  private register(broker: Broker): void {
    const { life } = this.world
    if (this.registering === life) return
    this.registering = life
    const given = { type: 'AVRO', schema: '"bytes"', references: [], metadata: null, ruleSet: null }
    register(broker, { name: readName(`${NAME}-value`), id: null, version: null }, given, null, (outcome) => {
      if (life !== this.world.life || isRefused(outcome)) return
      this.schema = outcome.entry.id
    })
  }

  private create(link: KafkaLink): void {
    const configs = [{ name: 'confluent.value.schema.validation', value: 'true' }]
    const topics = [{ name: NAME, numPartitions: 1, replicationFactor: 1, assignments: [], configs }]
    link.ask(CreateTopicsRequest, CreateTopicsResponse, 7, { topics, timeoutMs: 1000 }, (answer) => {
      const { errorCode } = answer.topics[0]!
      this.created = errorCode === 0 || errorCode === ErrorCode.TOPIC_ALREADY_EXISTS
    })
  }

  private produce(link: KafkaLink): void {
    const { dice, swarm, clock } = this.world
    const ids = Array.from({ length: dice.between(1, 4) }, () => this.nextRecord++)
    const broken = dice.chance(0.4) ? dice.below(ids.length) : -1
    for (const id of ids) (broken < 0 ? this.sent : this.never).add(id)
    const heads = ids.map((_, i) => headOf(i === broken ? NOBODY : this.schema))
    const fillers = ids.map(() => dice.skewed(Math.min(2000, swarm.largest)))
    const bytes = encodeBatch({ producerId: -1, producerEpoch: -1, baseSequence: -1, ids }, fillers, clock.now(), heads)
    const records = { bytes, at: 0, length: bytes.length }
    const topicData = [{ name: NAME, partitionData: [{ index: 0, records }] }]
    const request = { transactionalId: null, acks: -1, timeoutMs: 30_000, topicData }
    link.ask(ProduceRequest, ProduceResponse, 9, request, (answer) => {
      const { errorCode, baseOffset, recordErrors } = answer.responses[0]!.partitionResponses[0]!
      if (broken >= 0) {
        rule(errorCode !== 0, 'a batch with a record that breaks the contract was taken')
        if (errorCode !== ErrorCode.INVALID_RECORD) return
        rule(
          recordErrors[0]?.batchIndex === broken,
          `record ${broken} is at fault, and ${JSON.stringify(recordErrors)} was told`,
        )
        this.world.add('records refused by a contract')
      } else if (errorCode === 0) {
        for (const [i, id] of ids.entries()) this.stands(baseOffset + i, id)
        this.known = Math.max(this.known, baseOffset + ids.length)
      } else rule(RETRIED.includes(errorCode), `a batch that keeps the contract was refused: ${errorCode}`)
    })
  }

  private stands(offset: number, id: number): void {
    const there = this.at[offset]
    rule(there === undefined || there === id, `offset ${offset} of ${NAME} has record ${id}, had ${there}`)
    rule(!this.never.has(id), `record ${id}, which breaks the contract or came with one that does, is kept`)
    rule(this.sent.has(id), `${NAME} has record ${id}, which nobody sent`)
    this.at[offset] = id
  }

  private fetch(link: KafkaLink): void {
    const from = this.next
    const atLeast = this.known
    const partitions = [
      { partition: 0, fetchOffset: from, partitionMaxBytes: this.world.dice.pick([1, 1000, 1_000_000]) },
    ]
    const request = { maxWaitMs: 0, minBytes: 1, maxBytes: 1_000_000, topics: [{ topic: NAME, partitions }] }
    link.ask(FetchRequest, FetchResponse, 11, request, (answer) => {
      const told = answer.responses[0]!.partitions[0]!
      if (RETRIED.includes(told.errorCode)) return
      rule(told.errorCode === 0, `a fetch of ${NAME} was refused: ${told.errorCode}`)
      rule(told.highWatermark >= atLeast, `${NAME} ends at ${told.highWatermark}, before ${atLeast}`)
      this.known = told.highWatermark
      this.read(from, told.records, told.highWatermark)
    })
  }

  private read(from: number, records: Slice | null, highWatermark: number): void {
    const bytes = records === null ? new Uint8Array(0) : records.bytes.slice(records.at, records.at + records.length)
    let next = from
    for (const { baseOffset, ids } of decodeBatches(bytes, HEAD)) {
      for (const [i, id] of ids.entries()) this.stands(baseOffset + i, id)
      next = baseOffset + ids.length
    }
    this.world.add('records under a contract read', next - from)
    this.next = next
    if (this.rereading && next === highWatermark) this.drained = true
  }
}

function headOf(id: number): Uint8Array {
  const head = new Uint8Array(HEAD)
  new DataView(head.buffer).setInt32(1, id)
  return head
}
