import type { Consumer } from '../../core/queue/consumer.ts'
import type { Queue } from '../../core/queue/queue.ts'
import type { Filter } from '../../core/stream/filter.ts'
import type { Source } from '../../core/stream/record.ts'
import type { Start } from '../../core/stream/start.ts'
import type { Table } from '../../wire/amqp/field.ts'
import type { Named, Refusal } from '../refusal.ts'

/** What the fact that makes a log takes in the journal at most: it has the names of queue and vhost, of 255 bytes each, twice. */
export const STREAM_ROOM = 6144

/** The logs behind stream queues, as the broker's queues see them. */
export interface StreamLogs {
  /** Journal bytes, among those of `Broker.settling`, for what was added and is not appended yet. */
  readonly reserved: number
  /** Makes the log of a stream that is about to be declared. */
  declare(at: Named, args: Table): Refusal | null
  /** The queue is there: just declared, or found again. */
  open(queue: Queue): void
  /** A policy says what the stream is to keep: the arguments that count now. */
  limit(queue: Queue, args: Table): void
  /** Adds a message; it is in the log when the turn ends, or after `flush`. */
  add(queue: Queue, message: Source): void
  /** Appends what was added. */
  flush(): void
  /** The same at the end of a turn, whose deliveries are about to be made. */
  endTurn(): void
  /** How many messages the stream holds. */
  messages(queue: Queue): number
  /** A new consumer begins to read. */
  attach(queue: Queue, consumer: Consumer<Queue>, start: Start, filter: Filter | null): void
  /** Hands consumers what they can take. */
  deliver(queue: Queue): void
  /** The queue has gone: so does its log. */
  retired(queue: Queue): void
}
