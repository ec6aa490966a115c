import type {
  ConsumeOptions,
  Consumption,
  Engine,
  OutgoingMessage,
  OutgoingRecord,
  QueueSpec,
  RecordPlace,
  Replies,
  Reply,
  SubscribeOptions,
  Subscription,
  TopicSpec,
} from '../../sdk/engine.ts'
import { allThere } from '../../sdk/later.ts'
import type { Placed } from './client/produce.ts'
import { KafkaDeadLetters } from './dead-letters.ts'
import { createTopics, declareTopic, nativeOf } from './declare.ts'
import { FEATURES } from './features.ts'
import type { Closable, Ground } from './ground.ts'
import { Cancels, handleOf } from './queue/cancel.ts'
import { KafkaConsumption } from './queue/consumption.ts'
import { KafkaReplies } from './replies.ts'
import { KafkaSubscription } from './subscription.ts'
import { laterOf, QUEUE_PARTITIONS, topicsOfQueue } from './topics.ts'

/** Queues and topics on a cluster of Kafka's, or on our own server by its protocol. */
export class KafkaEngine implements Engine {
  readonly name = 'kafka'
  readonly features = FEATURES
  readonly clock
  readonly inbox = null
  readonly deadLetters: KafkaDeadLetters
  private readonly ground: Ground
  private readonly cancels: Cancels
  private closing: Promise<void> | null = null

  constructor(ground: Ground) {
    this.ground = ground
    this.clock = ground.clock
    this.deadLetters = new KafkaDeadLetters(ground)
    this.cancels = new Cancels(ground.producer, ground.clock)
  }

  declareQueue({ name, native: all }: QueueSpec): Promise<void> {
    const native = nativeOf(all)
    return createTopics(this.ground.cluster, topicsOfQueue(name, native.partitions ?? QUEUE_PARTITIONS), native)
  }

  declareTopic(spec: TopicSpec): Promise<void> {
    return declareTopic(this.ground.cluster, spec)
  }

  async send(messages: readonly OutgoingMessage[]): Promise<readonly (string | null)[]> {
    const routed = await allThere(messages.map((message) => this.ground.routes.message(message)))
    const placed = await this.ground.producer.send(routed.filter((record) => record !== null))
    let next = 0
    return routed.map((record, index) => {
      if (record === null) return null
      const place: Placed = placed[next++]!
      const { address, notBefore } = messages[index]!
      return record.topic === laterOf(address) ? handleOf(address, place, notBefore!) : null
    })
  }

  cancel(handle: string): Promise<boolean> {
    return this.cancels.cancel(handle)
  }

  async consume(queue: string, options: ConsumeOptions): Promise<Consumption> {
    return this.begun(new KafkaConsumption(this.ground, queue, options))
  }

  async publish(records: readonly OutgoingRecord[]): Promise<readonly RecordPlace[]> {
    const routed = await allThere(records.map((record) => this.ground.routes.published(record)))
    const placed = await this.ground.producer.send(routed)
    return placed.map(({ partition, offset }) => ({ partition, offset }))
  }

  async subscribe(topic: string, options: SubscribeOptions): Promise<Subscription> {
    return this.begun(new KafkaSubscription(this.ground, topic, options))
  }

  async openReplies(onReply: (reply: Reply) => void): Promise<Replies> {
    const replies = this.ground.opened(new KafkaReplies(this.ground, onReply))
    await replies.open()
    return replies
  }

  close(): Promise<void> {
    this.closing ??= this.ground.close()
    return this.closing
  }

  private async begun<T extends Closable & { start(): Promise<void> }>(one: T): Promise<T> {
    this.ground.opened(one)
    try {
      await one.start()
      return one
    } catch (error) {
      await one.close()
      throw error
    }
  }
}
