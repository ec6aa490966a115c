import type { Consumer } from '../../core/queue/consumer.ts'
import type { Queue } from '../../core/queue/queue.ts'
import type { Filter } from '../../core/stream/filter.ts'
import { RecordHeaders } from '../../core/stream/headers.ts'
import { bodyLength, copyBody, recordRoom, type Source, writeHeaders } from '../../core/stream/record.ts'
import type { Start } from '../../core/stream/start.ts'
import type { Table } from '../../wire/amqp/field.ts'
import type { Named, Refusal } from '../refusal.ts'
import { putBatch } from '../topic/append.ts'
import { deleteTopic } from '../topic/delete.ts'
import { streamKey } from '../topic/topic.ts'
import type { Topics } from '../topic/topics.ts'
import { createStreamTopic } from './create.ts'
import { Reader } from './reader.ts'
import { firstOffset } from './start.ts'
import { Stream } from './stream.ts'
import type { StreamLogs } from './stream-logs.ts'

/** A batch is appended when it is this long. */
const BATCH_BYTES = 256 * 1024
/** Records that one consumer gets before the others have their turn. */
const RUN = 4096

const headers = new RecordHeaders()

/** Teaches the broker stream queues: each is a topic with one partition. */
export function registerStreams(topics: Topics): void {
  const { broker } = topics
  broker.streams = new Streams(topics)
  // A crash can come between a stream's two halves.
  broker.afterRecovery.push(() => {
    for (const topic of [...topics.streams.values()]) {
      const queue = broker.vhosts.get(topic.stream!.vhost)?.queues.get(topic.stream!.queue)
      if (queue?.settings.type !== 'stream') deleteTopic(topics, topic)
    }
  })
}

class Streams implements StreamLogs {
  private readonly topics: Topics
  private readonly byQueue = new Map<Queue, Stream>()
  private readonly readers = new WeakMap<Consumer<Queue>, Reader>()
  /** Streams to which something was added. */
  private added: Stream[] = []

  constructor(topics: Topics) {
    this.topics = topics
  }

  declare(at: Named, args: Table): Refusal | null {
    return createStreamTopic(this.topics, at, args)
  }

  add(queue: Queue, message: Source): void {
    const { broker } = this.topics
    const stream = this.of(queue)
    const { batch } = stream
    writeHeaders(headers, message)
    const body = bodyLength(message)
    if (batch.count === 0) {
      this.added.push(stream)
      broker.turn.touch()
    } else if (batch.length + body + headers.size > BATCH_BYTES) this.append(stream)
    const room = recordRoom(message.keysLength + message.contentLength)
    stream.reserved += room
    broker.settling += room
    const at = batch.add(body, body + headers.size)
    copyBody(message, batch.bytes, at)
    headers.write(batch.bytes, at + body)
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
    stream.reserved = 0
    if (batch.count > 0 && !partition.deleted) {
      const now = broker.env.clock.now()
      batch.seal(now)
      putBatch(this.topics, partition, batch.bytes, 0, batch.length, false, now)
    }
    batch.clear()
  }

  messages(queue: Queue): number {
    const { partition, batch } = this.of(queue)
    return partition.endOffset - partition.logStartOffset + batch.count
  }

  attach(queue: Queue, consumer: Consumer<Queue>, start: Start, filter: Filter | null): void {
    this.flush()
    const stream = this.of(queue)
    const reader = new Reader(this.topics, stream, consumer, filter)
    this.readers.set(consumer, reader)
    firstOffset(this.topics, stream.partition, start, (offset) => reader.begin(offset))
  }

  deliver(queue: Queue): void {
    let more = false
    for (const consumer of [...queue.consumers]) {
      if (this.readers.get(consumer)?.deliver(RUN) === true) more = true
    }
    if (more) this.topics.broker.wake(queue)
  }

  retired(queue: Queue): void {
    const stream = this.of(queue)
    stream.partition.waiters.delete(stream)
    this.byQueue.delete(queue)
    deleteTopic(this.topics, stream.topic)
  }

  private of(queue: Queue): Stream {
    const known = this.byQueue.get(queue)
    if (known !== undefined) return known
    const topic = this.topics.streams.get(streamKey(queue.vhost, queue.name))!
    const stream = new Stream(this.topics.broker, queue, topic)
    this.byQueue.set(queue, stream)
    return stream
  }
}
