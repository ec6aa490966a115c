import type { Broker, BrokerEvent } from '../src/broker/broker.ts'
import { openBroker } from '../src/broker/open.ts'
import { declareQueue } from '../src/broker/queue/declare.ts'
import type { Message } from '../src/broker/queue/message.ts'
import { publish } from '../src/broker/queue/publish.ts'
import { settle } from '../src/broker/queue/settle.ts'
import { registerStreams } from '../src/broker/stream/streams.ts'
import { registerTopicFold } from '../src/broker/topic/fold.ts'
import { Topics } from '../src/broker/topic/topics.ts'
import type { Consumer } from '../src/core/queue/consumer.ts'
import type { Queue } from '../src/core/queue/queue.ts'
import { Arena } from '../src/std/arena.ts'
import { assert } from '../src/std/assert.ts'
import { getU32 } from '../src/std/bytes.ts'
import type { StoreEvent } from '../src/store/store.ts'
import type { Field } from '../src/wire/amqp/field.ts'
import { CLASS_BASIC, FRAME_BODY, FRAME_HEADER, FRAME_OVERHEAD, FRAME_PREFIX } from '../src/wire/amqp/frame.ts'
import { writeHeader } from '../src/wire/amqp/properties.ts'
import { Writer } from '../src/wire/amqp/writer.ts'
import { SimClock } from './clock.ts'
import { SimCompute } from './compute.ts'
import { SimDisk } from './disk.ts'
import { SimNet } from './net.ts'
import { Dice } from './random.ts'

const KIB = 1024

/** A broker over simulated seams, small enough that its ring wraps and its files fill after a few messages. */
export class BrokerRig {
  readonly clock: SimClock
  readonly broker: Broker
  topics!: Topics
  /** What the operator was told. */
  readonly events: (StoreEvent | BrokerEvent)[] = []
  disk: SimDisk

  /** On a copy of what is on `disk`, if it is given; with `clock`, that of the process before, on `disk` itself. */
  constructor(seed = 1, disk?: SimDisk, durability: 'fsync' | 'os' = 'fsync', clock?: SimClock) {
    const dice = new Dice(seed)
    this.clock = clock ?? new SimClock(dice)
    const copy = clock === undefined ? disk?.copy(this.clock, dice) : disk
    this.disk = copy ?? new SimDisk(this.clock, dice)
    const arena = new Arena(8 * KIB * KIB)
    const net = new SimNet(this.clock, dice, arena, { region: 64 * KIB, keep: 64 * KIB, stuffed: 0, slowest: 1 })
    this.broker = openBroker({
      env: {
        clock: this.clock.process(),
        disk: this.disk,
        net,
        random: dice,
        compute: new SimCompute(this.clock, () => 0),
      },
      arena,
      broker: { outputRegions: 8, maxMessageSize: 4 * KIB, memory: 64 * KIB * KIB },
      store: {
        journalRing: 64 * KIB,
        spillRing: 64 * KIB,
        fileSize: 16 * KIB,
        reserve: 32 * KIB,
        writeAtOnce: 512,
        durability,
      },
      register: [
        (broker) => {
          this.topics = new Topics(broker)
          registerTopicFold(this.topics)
          registerStreams(this.topics)
        },
      ],
      onFatal: (error) => {
        throw error
      },
      report: (event) => this.events.push(event),
    })
  }

  queue(name: string, settings: { durable?: boolean; args?: Record<string, Field> } = {}): Queue {
    const { durable = true, args = {} } = settings
    const vhost = this.broker.vhosts.get('/')!
    const declaration = { name, durable, exclusive: false, autoDelete: false, args: new Map(Object.entries(args)) }
    const outcome = declareQueue(this.broker, vhost, 1, declaration)
    assert(outcome.ok, `can't declare '${name}'`)
    return outcome.queue
  }

  publish(
    queues: Queue[],
    text: string,
    options: { persistent?: boolean; expiry?: number; priority?: number; bare?: boolean } = {},
  ): number {
    return publish(this.broker, queues, message(text, options))
  }

  /** Lets `ms` pass. */
  run(ms = 10): void {
    let over = false
    this.clock.after(ms, () => {
      over = true
    })
    while (!over) this.clock.step()
  }
}

const writer = new Writer()

/** Stored as the wire has it: empty exchange and key, and the text as body, or nothing but that. */
function message(text: string, { persistent = true, expiry = 0, priority = -1, bare = false }): Message {
  if (bare) {
    const bytes = Buffer.concat([Buffer.from([0, 0, 0xce]), Buffer.from(text)])
    return {
      bytes,
      keysAt: 0,
      keysLength: 2,
      contentAt: 2,
      contentLength: bytes.length - 2,
      persistent,
      expiry,
      priority,
    }
  }
  const body = Buffer.from(text)
  writer.clear()
  writer.raw(Buffer.from([0, 0, 0xce, FRAME_HEADER, 0, 1]))
  const size = writer.reserve(4)
  const properties = { deliveryMode: persistent ? 2 : 1, priority: priority < 0 ? undefined : priority }
  writeHeader(writer, CLASS_BASIC, body.length, properties)
  writer.putLong(size, writer.at - size - 4)
  writer.raw(Buffer.from([0xce, FRAME_BODY, 0, 1]))
  writer.long(body.length)
  writer.raw(body)
  writer.octet(0xce)
  const bytes = new Uint8Array(writer.written())
  return {
    bytes,
    keysAt: 0,
    keysLength: 2,
    contentAt: 2,
    contentLength: bytes.length - 2,
    persistent,
    expiry,
    priority,
  }
}

/** The body of a stored message. */
function textOf(bytes: Uint8Array, at: number, length: number): string {
  let p = at + 1 + bytes[at]
  p += 2 + bytes[p]
  if (bytes[p] !== FRAME_HEADER) return Buffer.from(bytes.subarray(p, at + length)).toString()
  const frame = p + FRAME_OVERHEAD + getU32(bytes, p + 3)
  return Buffer.from(bytes.subarray(frame + FRAME_PREFIX, at + length - 1)).toString()
}

/** Takes up to `credit` messages and keeps what it got. */
export class RigConsumer implements Consumer<Queue> {
  readonly tag = 'rig'
  readonly exclusive = false
  readonly priority = 0
  outstanding = 0
  readonly noAck: boolean
  readonly got: { sequence: number; text: string; redelivered: boolean }[] = []
  credit: number

  constructor(credit = Number.POSITIVE_INFINITY, noAck = false) {
    this.credit = credit
    this.noAck = noAck
  }

  get texts(): string[] {
    return this.got.map((one) => one.text)
  }

  canTake(): boolean {
    return this.credit > 0
  }

  deliver(_queue: Queue, sequence: number, bytes: Uint8Array, at: number, length: number, redelivered: boolean): void {
    this.credit--
    this.got.push({ sequence, text: textOf(bytes, at, length), redelivered })
  }

  ackAll(broker: Broker, queue: Queue): void {
    for (const { sequence } of this.got) settle(broker, queue, sequence)
  }

  cancelled(): void {}
}
