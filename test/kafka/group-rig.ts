import { SimClock } from '../../sim/clock.ts'
import { SimCompute } from '../../sim/compute.ts'
import { SimDisk } from '../../sim/disk.ts'
import { SimNet } from '../../sim/net.ts'
import { Dice } from '../../sim/random.ts'
import type { Broker } from '../../src/broker/broker.ts'
import { registerGroupFold } from '../../src/broker/group/fold.ts'
import { Groups } from '../../src/broker/group/groups.ts'
import { openBroker } from '../../src/broker/open.ts'
import { appendBatch } from '../../src/broker/topic/append.ts'
import { createTopic } from '../../src/broker/topic/create.ts'
import { registerTopicFold } from '../../src/broker/topic/fold.ts'
import { Topics } from '../../src/broker/topic/topics.ts'
import { registerTransactionFold } from '../../src/broker/transaction/fold.ts'
import { Transactions } from '../../src/broker/transaction/transactions.ts'
import type { GroupLimits } from '../../src/core/group/commands.ts'
import type { Call } from '../../src/kafka/api.ts'
import { FRONT_DEFAULTS, Front } from '../../src/kafka/front.ts'
import { GROUP_APIS } from '../../src/kafka/group/apis.ts'
import { SHARE_APIS } from '../../src/kafka/share/apis.ts'
import { Arena } from '../../src/std/arena.ts'
import { assert } from '../../src/std/assert.ts'
import { decode, encode } from '../../src/wire/kafka/codec.ts'
import { Reader } from '../../src/wire/kafka/reader.ts'
import type { Decoded, Encodable, Message } from '../../src/wire/kafka/schema.ts'
import { Writer } from '../../src/wire/kafka/writer.ts'

import { batchOf } from './group-dialogue.ts'

const KIB = 1024

/** A request and, once the journal is durable as far as it has to be, its answer. */
export interface Asked<R extends Message> {
  answer: Encodable<R> | null
}

/** The group handlers over a real broker with simulated disk and clock; small, so that rings wrap and files fill. */
export class GroupRig {
  readonly clock: SimClock
  readonly broker: Broker
  readonly disk: SimDisk
  readonly dice: Dice
  readonly front: Front
  groups!: Groups
  transactions!: Transactions
  topics!: Topics

  private readonly limits: Partial<GroupLimits>
  private alive = true

  constructor(seed = 1, limits: Partial<GroupLimits> = {}, before?: { clock: SimClock; disk: SimDisk; dice: Dice }) {
    this.limits = limits
    this.dice = before?.dice ?? new Dice(seed)
    this.clock = before?.clock ?? new SimClock(this.dice)
    this.disk = before?.disk ?? new SimDisk(this.clock, this.dice)
    const arena = new Arena(8 * KIB * KIB)
    const net = new SimNet(this.clock, this.dice, arena, { region: 64 * KIB, keep: 64 * KIB, stuffed: 0, slowest: 1 })
    this.broker = openBroker({
      env: {
        clock: this.clock.process(),
        disk: this.disk,
        net,
        random: this.dice,
        compute: new SimCompute(this.clock, () => 1),
      },
      arena,
      broker: { outputRegions: 8, maxMessageSize: 4 * KIB, memory: 64 * KIB * KIB },
      store: { journalRing: 64 * KIB, spillRing: 64 * KIB, fileSize: 32 * KIB, reserve: 64 * KIB },
      register: [(broker) => this.register(broker, limits)],
      onFatal: (error) => {
        throw error
      },
      report: () => {},
    })
    const options = { ...FRONT_DEFAULTS, clusterId: 'rig', log: () => {} }
    this.front = new Front(this.broker, this.transactions, GROUP_APIS, options)
    // The first files are written before there is room for anything.
    this.run(100)
  }

  private register(broker: Broker, limits: Partial<GroupLimits>): void {
    this.topics = new Topics(broker, { defaultPartitions: 3 })
    this.groups = new Groups(broker, limits)
    registerTopicFold(this.topics)
    registerGroupFold(this.groups, this.topics)
    this.transactions = new Transactions(this.topics, this.groups)
    registerTransactionFold(this.transactions)
  }

  /** The same data after the power was gone. */
  afterPowerLoss(): GroupRig {
    this.alive = false
    return new GroupRig(0, this.limits, { clock: this.clock, disk: this.disk.lose(), dice: this.dice })
  }

  /** The same data after kill -9. */
  afterKill(): GroupRig {
    this.alive = false
    return new GroupRig(0, this.limits, { clock: this.clock, disk: this.disk.kill(), dice: this.dice })
  }

  topic(name: string): string {
    const created = createTopic(this.topics, { name, partitions: -1, configs: new Map() })
    assert(created.ok, `no topic: ${created.ok ? '' : created.reason}`)
    return created.topic!.id
  }

  /** Puts records at the end of a partition, in batches of these sizes, and waits until they are there to be read. */
  produce(name: string, partition: number, ...sizes: number[]): void {
    this.append(name, partition, ...sizes)
    this.run(200)
  }

  append(name: string, partition: number, ...sizes: number[]): void {
    const topic = this.topics.byName.get(name)!
    for (const size of sizes) {
      const batch = batchOf(size)
      const done = appendBatch(this.topics, topic, topic.partitions[partition]!, batch, 0, batch.length, true)
      assert(done.refusal === null, `not appended: ${done.refusal}`)
    }
  }

  /** Hands a request to its handler; what the request leaves out has its default. */
  ask<Q extends Message, R extends Message>(
    about: { request: Q; response: R },
    version: number,
    request: Encodable<Q>,
  ): Asked<R> {
    const api = [...GROUP_APIS, ...SHARE_APIS].find((one) => one.key === about.request.key)
    assert(api !== undefined, 'an API that is not served')
    const asked: Asked<R> = { answer: null }
    const call: Call<R> = {
      front: this.front,
      version,
      clientId: 'rig',
      clientHost: '/127.0.0.1',
      localHost: '127.0.0.1',
      localPort: 9092,
      onGone: null,
      principal: 'User:ANONYMOUS',
      ask: null,
      login: null,
      amend: null,
      bringsTooMuch: () => false,
      onClosed: new Set(),
      holdsBytes: false,
      abort: () => assert(false, 'group requests are answered'),
      silence: () => assert(false, 'group requests are answered'),
      reply: (response, position = this.broker.store.journal.tail) => {
        const release = () => {
          if (this.alive) asked.answer = response
        }
        this.broker.turn.hold(position, { release })
      },
    }
    api.handle(decoded(about.request, version, request), call as Call)
    return asked
  }

  /** The same, but the answer as it comes out at the other end of a connection. */
  exchange<Q extends Message, R extends Message>(
    about: { request: Q; response: R },
    version: number,
    request: Encodable<Q>,
  ): { readonly answer: Decoded<R> | null } {
    const asked = this.ask(about, version, request)
    return {
      get answer() {
        return asked.answer === null ? null : decoded(about.response, version, asked.answer)
      },
    }
  }

  /** Lets `ms` pass. */
  run(ms = 20): void {
    let over = false
    this.clock.after(ms, () => {
      over = true
    })
    while (!over) this.clock.step()
  }

  /** Asks, and waits for the answer. */
  get<Q extends Message, R extends Message>(
    about: { request: Q; response: R },
    version: number,
    request: Encodable<Q>,
  ): Encodable<R> {
    const asked = this.ask(about, version, request)
    for (let i = 0; i < 50 && asked.answer === null; i++) this.run()
    assert(asked.answer !== null, `${about.request.name} was not answered`)
    return asked.answer
  }
}

/** What comes out at the other end of a connection. */
function decoded<Q extends Message>(message: Q, version: number, request: Encodable<Q>): Decoded<Q> {
  const writer = new Writer()
  encode(message, version, writer, request)
  return decode(message, version, new Reader(writer.joined()))
}
