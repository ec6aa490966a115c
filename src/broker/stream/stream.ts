import { BatchBuilder } from '../../core/partition/batch-builder.ts'
import type { Partition, Waiter } from '../../core/partition/partition.ts'
import type { Queue } from '../../core/queue/queue.ts'
import type { Broker } from '../broker.ts'
import type { Topic } from '../topic/topic.ts'

/** A stream queue and its log, as long as the broker runs. */
export class Stream implements Waiter {
  readonly queue: Queue
  readonly topic: Topic
  readonly partition: Partition
  /** What came in this turn. */
  readonly batch = new BatchBuilder()
  /** How many of its consumers have had their turn. */
  served = 0
  /** Journal bytes kept free for it. */
  reserved = 0
  private readonly broker: Broker

  constructor(broker: Broker, queue: Queue, topic: Topic) {
    this.broker = broker
    this.queue = queue
    this.topic = topic
    this.partition = topic.partitions[0]!
    this.partition.waiters.add(this)
  }

  /** There is more to read. */
  partitionMoved(): void {
    if (this.queue.consumers.size > 0) this.broker.wake(this.queue)
  }
}
