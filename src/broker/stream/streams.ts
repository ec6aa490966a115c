import type { Consumer } from '../../core/queue/consumer.ts'
import type { Queue } from '../../core/queue/queue.ts'
import type { Filter } from '../../core/stream/filter.ts'
import { bodyLength, copyBody, HeaderWriter, recordRoom, type Source } from '../../core/stream/record.ts'
import type { Start } from '../../core/stream/start.ts'
import { assert, broken } from '../../std/assert.ts'
import type { Table } from '../../wire/amqp/field.ts'
import { argumentsOf } from '../policy/effective.ts'
import type { Named, Refusal } from '../refusal.ts'
import { putBatch } from '../topic/append.ts'
import { deleteTopic } from '../topic/delete.ts'
import { streamKey } from '../topic/topic.ts'
import type { Topics } from '../topic/topics.ts'
import { configsOf, createStreamTopic } from './create.ts'
import { Reader } from './reader.ts'
import { firstOffset } from './start.ts'
import { Stream } from './stream.ts'
import type { StreamLogs } from './stream-logs.ts'

/** A batch is appended when it is this long. */
const BATCH_BYTES = 256 * 1024
/** Records that one consumer gets before the others have their turn, and all of them get in one turn of the broker: confirms wait for its end. */
const RUN = 128
const TURN = 512

const writer = new HeaderWriter()

/** Teaches the broker stream queues: each is a topic with one partition. */
export function registerStreams(topics: Topics): void {
  const { broker } = topics
  const streams = new Streams(topics)
  broker.streams = streams
  broker.memory.holders.push(() => streams.held())
  // A crash can come between a stream's two halves.
  broker.afterRecovery.push(() => {
    for (const topic of [...topics.streams.values()]) {
      const queue = broker.vhosts.get(topic.stream!.vhost)?.queues.get(topic.stream!.queue)
      if (queue?.settings.type === 'stream') streams.open(queue)
      else deleteTopic(topics, topic)
    }
  })
}

class Streams implements StreamLogs {
  private readonly topics: Topics
  private readonly byQueue = new Map<Queue, Stream>()
  private readonly readers = new WeakMap<Consumer<Queue>, Reader>()
  /** Journal bytes that are kept free for all of them. */
  reserved = 0
  /** What may still be handed out in this turn, and the queues that come first in the next. */
  private left = TURN
  private postponed: Queue[] = []
  /** Streams to which something was added. */
  private added: Stream[] = []

  constructor(topics: Topics) {
    this.topics = topics
  }

  declare(at: Named, args: Table): Refusal | null {
    return createStreamTopic(this.topics, at, args)
  }

  open(queue: Queue): void {
    const topic = this.topics.streams.get(streamKey(queue.vhost, queue.name))
    assert(topic !== undefined, `stream '${queue.name}' has no log`)
    const { broker } = this.topics
    this.byQueue.set(queue, new Stream(broker, queue, topic))
    this.limit(queue, argumentsOf(broker, broker.vhosts.get(queue.vhost)!, queue))
  }

  limit(queue: Queue, args: Table): void {
    const stream = this.byQueue.get(queue)
    if (stream === undefined) return
    const own = configsOf(queue.args)
    // What Kafka's clients have set stays, as long as no policy says otherwise.
    stream.topic.overlay(new Map(configsOf(args).filter(([, value], i) => value !== own[i]?.[1])))
  }

  add(queue: Queue, message: Source): void {
    const stream = this.byQueue.get(queue)
    // A dead letter may come for one that has just gone.
    if (stream === undefined) return
    const { broker } = this.topics
    const { batch } = stream
    const { headers } = writer
    writer.write(message)
    const body = bodyLength(message)
    if (batch.count === 0) {
      this.added.push(stream)
      broker.turn.touch()
    } else if (batch.length + body + headers.size > this.longest()) this.append(stream)
    const room = recordRoom(message.keysLength + message.contentLength)
    stream.reserved += room
    this.reserved += room
    broker.settling += room
    const at = batch.add(body, body + headers.size)
    copyBody(message, batch.bytes, at)
    headers.write(batch.bytes, at + body)
  }

  /** Bytes that a batch may have before it is appended. */
  private longest(): number {
    return Math.min(BATCH_BYTES, this.topics.broker.store.journal.longest / 2)
  }

  endTurn(): void {
    this.flush()
    this.left = TURN
    if (this.postponed.length > 0) for (const queue of this.postponed.splice(0)) this.deliver(queue)
  }

  flush(): void {
    if (this.added.length === 0) return
    const { added } = this
    this.added = []
    for (const stream of added) this.append(stream)
  }

  private append(stream: Stream): void {
    const { batch, partition } = stream
    const { broker } = this.topics
    broker.settling -= stream.reserved
    this.reserved -= stream.reserved
    stream.reserved = 0
    if (batch.count > 0 && !partition.deleted) {
      const now = broker.env.clock.now()
      batch.seal(now)
      putBatch(this.topics, partition, batch.bytes, 0, batch.length, false, now)
    }
    batch.clear()
  }

  messages(queue: Queue): number {
    const stream = this.byQueue.get(queue)
    if (stream === undefined) return 0
    const { partition, batch } = stream
    return partition.endOffset - partition.logStartOffset + batch.count
  }

  attach(queue: Queue, consumer: Consumer<Queue>, start: Start, filter: Filter | null): void {
    this.flush()
    const stream = this.byQueue.get(queue)
    if (stream === undefined) broken(`stream '${queue.name}' is read and not open`)
    const reader = new Reader(this.topics, stream, consumer, filter)
    this.readers.set(consumer, reader)
    firstOffset(this.topics, stream.partition, start, (offset, whole) => reader.begin(offset, whole))
  }

  deliver(queue: Queue): void {
    const stream = this.byQueue.get(queue)
    if (stream === undefined) return
    const consumers = [...queue.consumers]
    let more = false
    for (let n = consumers.length; n > 0 && this.left > 0; n--) {
      const reader = this.readers.get(consumers[stream.served++ % consumers.length]!)
      if (reader === undefined) continue
      if (reader.deliver(Math.min(RUN, this.left))) more = true
      this.left -= reader.handed
    }
    if (this.left <= 0) this.postpone(queue)
    else if (more) this.topics.broker.wake(queue)
  }

  private postpone(queue: Queue): void {
    if (!this.postponed.includes(queue)) this.postponed.push(queue)
    this.topics.broker.turn.touch()
  }

  retired(queue: Queue): void {
    const stream = this.byQueue.get(queue)
    if (stream === undefined) return
    stream.partition.waiters.delete(stream)
    this.byQueue.delete(queue)
    if (!stream.partition.deleted) deleteTopic(this.topics, stream.topic)
  }

  /** Bytes that readers hold. */
  held(): number {
    let sum = 0
    for (const { consumers } of this.byQueue.keys()) {
      for (const consumer of consumers) sum += this.readers.get(consumer)?.held ?? 0
    }
    return sum
  }
}
