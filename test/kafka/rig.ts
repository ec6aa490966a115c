import { SimClock } from '../../sim/clock.ts'
import { SimCompute } from '../../sim/compute.ts'
import { SimDisk } from '../../sim/disk.ts'
import { type BatchFields, decodeBatches, encodeBatch } from '../../sim/kafka/batch.ts'
import { KafkaLink } from '../../sim/kafka/link.ts'
import { SimNet, type Wire } from '../../sim/net.ts'
import { Dice } from '../../sim/random.ts'
import type { Broker, BrokerEvent } from '../../src/broker/broker.ts'
import { registerGroupFold } from '../../src/broker/group/fold.ts'
import { Groups } from '../../src/broker/group/groups.ts'
import { openBroker } from '../../src/broker/open.ts'
import { registerTopicFold } from '../../src/broker/topic/fold.ts'
import { type TopicOptions, Topics } from '../../src/broker/topic/topics.ts'
import { registerTransactionFold } from '../../src/broker/transaction/fold.ts'
import { type TransactionOptions, Transactions } from '../../src/broker/transaction/transactions.ts'
import { openKafka } from '../../src/kafka/open.ts'
import { Authorizer } from '../../src/kafka/security/authorizer.ts'
import type { SaslOptions } from '../../src/kafka/security/sasl.ts'
import { Arena } from '../../src/std/arena.ts'
import { assert } from '../../src/std/assert.ts'
import type { StoreEvent } from '../../src/store/store.ts'
import type { Decoded, Encodable, Message, Slice } from '../../src/wire/kafka/schema.ts'

const KIB = 1024
const PORT = 9092
/** Where clients have to log in. */
const SASL_PORT = 9093

const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']

/** Who may come in, and what he may do there. */
export interface RigAccess {
  readonly sasl?: Partial<SaslOptions>
  /** With an authorizer: these may do everything. */
  readonly superUsers?: readonly string[]
}

/** A broker with its Kafka front over simulated clock, disk and network, and a client to ask it. */
export class KafkaRig {
  readonly clock: SimClock
  disk: SimDisk
  readonly log: string[] = []
  /** What the operator was told. */
  readonly events: (StoreEvent | BrokerEvent)[] = []
  broker!: Broker
  topics!: Topics
  transactions!: Transactions
  net!: SimNet
  client!: KafkaLink
  private readonly dice: Dice
  private readonly options: Partial<TopicOptions>
  private readonly access: RigAccess
  private readonly transactionOptions: Partial<TransactionOptions>

  constructor(
    options: Partial<TopicOptions> = {},
    access: RigAccess = {},
    transactionOptions: Partial<TransactionOptions> = {},
  ) {
    this.options = options
    this.access = access
    this.transactionOptions = transactionOptions
    this.dice = new Dice(1)
    this.clock = new SimClock(this.dice)
    this.disk = new SimDisk(this.clock, this.dice)
    this.start()
  }

  private start(): void {
    const arena = new Arena(16 * KIB * KIB)
    this.net = new SimNet(this.clock, this.dice, arena, {
      region: 128 * KIB,
      keep: 256 * KIB,
      stuffed: 0.2,
      slowest: 1,
    })
    this.broker = openBroker({
      env: {
        clock: this.clock.process(),
        disk: this.disk,
        net: this.net,
        random: this.dice,
        compute: new SimCompute(this.clock, () => 1),
      },
      arena,
      broker: { outputRegions: 8, maxMessageSize: 4 * KIB, memory: 64 * KIB * KIB },
      store: { journalRing: 512 * KIB, spillRing: 64 * KIB, fileSize: 256 * KIB, reserve: 256 * KIB },
      register: [
        (broker) => {
          this.topics = new Topics(broker, this.options)
          const groups = new Groups(broker)
          registerTopicFold(this.topics)
          registerGroupFold(groups, this.topics)
          this.transactions = new Transactions(this.topics, groups, this.transactionOptions)
          registerTransactionFold(this.transactions)
        },
      ],
      onFatal: (error) => {
        throw error
      },
      report: (event) => this.events.push(event),
    })
    const { superUsers, sasl } = this.access
    const kafka = openKafka(this.broker, this.transactions, {
      nodeId: 1,
      clusterId: 'test',
      autoCreateTopics: true,
      requestBudget: 8 * KIB * KIB,
      authorizer: superUsers === undefined ? null : new Authorizer(this.broker.acls.acls, superUsers, false),
      log: (text) => this.log.push(text),
    })
    this.net.listen(
      { host: 'sim', port: PORT },
      (socket) => kafka.accept(socket, null),
      () => {},
    )
    const terms = { mechanisms: MECHANISMS, maxReauthMs: 0, failureDelayMs: 100, checkToken: null, ...sasl }
    this.net.listen(
      { host: 'sim', port: SASL_PORT },
      (socket) => kafka.accept(socket, null, terms),
      () => {},
    )
    this.client = this.connect()
  }

  /** The power goes and comes back. */
  restart(): void {
    this.net.die()
    this.clock.process()
    this.disk = this.disk.lose()
    this.start()
  }

  wire(port = PORT): Wire {
    const wire = this.net.connect(port)
    assert(wire !== null, 'the broker listens')
    return wire
  }

  connect(): KafkaLink {
    return new KafkaLink(this.wire(), () => {})
  }

  /** A client that has not logged in yet. */
  stranger(): KafkaLink {
    return new KafkaLink(this.wire(SASL_PORT), () => {})
  }

  /** Lets `ms` pass. */
  run(ms: number): void {
    let over = false
    this.clock.after(ms, () => {
      over = true
    })
    while (!over) this.clock.step()
  }

  /** Asks, and lets time pass until the answer is there. */
  ask<Q extends Message, A extends Message>(
    request: Q,
    response: A,
    version: number,
    value: Encodable<Q>,
    client = this.client,
  ): Decoded<A> {
    let answer: Decoded<A> | null = null
    client.ask(request, response, version, value, (given) => {
      answer = given
    })
    for (let waited = 0; answer === null; waited += 5) {
      assert(waited < 120_000 && client.open, `${request.name} was not answered`)
      this.run(5)
    }
    return answer
  }
}

/** A batch of records with these numbers, by a producer that is not idempotent unless told otherwise. */
export function batch(ids: readonly number[], fields: Partial<BatchFields> = {}, size = 10, now = 1000): Slice {
  const producer = { producerId: -1, producerEpoch: -1, baseSequence: -1, ...fields, ids }
  const bytes = encodeBatch(
    producer,
    ids.map(() => size),
    now,
  )
  return { bytes, at: 0, length: bytes.length }
}

/** The numbers of the records in an answer. */
export function recordsIn(slice: Slice | null): number[] {
  assert(slice !== null, 'records are there')
  return decodeBatches(slice.bytes.subarray(slice.at, slice.at + slice.length)).flatMap(({ ids }) => ids)
}
