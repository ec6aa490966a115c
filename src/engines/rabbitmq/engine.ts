import { type Clock, machineClock } from '../../sdk/clock.ts'
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
import { requireFeature } from '../../sdk/features.ts'
import type { Logger } from '../../sdk/logger.ts'
import { Cancellations } from './cancellations.ts'
import type { Server } from './client.ts'
import { RabbitConsumption } from './consumption.ts'
import { RabbitDeadLetters } from './dead-letters.ts'
import { type Delays, ExchangeDelays, QueueDelays } from './delays.ts'
import { type FEATURES, featuresOf } from './features.ts'
import type { Link } from './link.ts'
import { Publisher } from './publisher.ts'
import { RabbitReplies } from './replies.ts'
import { Sender } from './sender.ts'
import { StreamReader } from './stream-reader.ts'
import { RabbitSubscription } from './subscription.ts'
import { Topology } from './topology.ts'

/** What an engine is made of. */
export interface Parts {
  /** Two connections: one that the broker blocks takes no acknowledgements either. */
  readonly sending: Link
  readonly receiving: Link
  readonly server: Server
  /** Messages wait in an exchange of type x-delayed-message, not in queues. */
  readonly delayedExchange: boolean
  readonly log: Logger
}

/** The engine over AMQP 0-9-1: RabbitMQ, or our own server. */
export class RabbitEngine implements Engine {
  readonly name = 'rabbitmq'
  readonly features: typeof FEATURES
  readonly clock: Clock = machineClock
  readonly inbox = null
  readonly deadLetters: RabbitDeadLetters
  private readonly parts: Parts
  private readonly topology: Topology
  private readonly reader: StreamReader
  private readonly publisher: Publisher
  private readonly sender: Sender
  private readonly cancellations: Cancellations
  private readonly open = new Set<{ close(): Promise<void> }>()
  private closed = false

  constructor(parts: Parts) {
    this.parts = parts
    const { sending, receiving, server, log, delayedExchange } = parts
    this.features = featuresOf(server)
    this.topology = new Topology(receiving, server)
    this.reader = new StreamReader(receiving)
    this.publisher = new Publisher(sending, log)
    const delays: Delays = delayedExchange ? new ExchangeDelays(this.topology) : new QueueDelays(this.topology)
    this.cancellations = new Cancellations(this.topology, this.reader, this.publisher)
    this.sender = new Sender(this.publisher, this.topology, delays, {
      prepareCancel: () => this.cancellations.prepare(),
      checkPriority: (queue) => {
        if (!this.topology.isClassic(queue)) requireFeature(this, 'priority', `a message to queue '${queue}'`)
      },
    })
    this.deadLetters = new RabbitDeadLetters(receiving, this.sender)
  }

  start(): Promise<void> {
    return this.publisher.open()
  }

  declareQueue(spec: QueueSpec): Promise<void> {
    return this.topology.declareQueue(spec)
  }

  async declareTopic(spec: TopicSpec): Promise<void> {
    if (spec.compact) requireFeature(this, 'compaction', `topic '${spec.name}'`)
    await this.topology.declareTopic(spec)
  }

  send(messages: readonly OutgoingMessage[]): Promise<readonly (string | null)[]> {
    return this.sender.send(messages)
  }

  cancel(handle: string): Promise<boolean> {
    return this.cancellations.cancel(handle)
  }

  async consume(queue: string, options: ConsumeOptions): Promise<Consumption> {
    const consumption = this.keep(new RabbitConsumption(this.ground(), queue, options))
    await consumption.start()
    return consumption
  }

  /** A stream says nothing of where a record is: its offset is -1. */
  async publish(records: readonly OutgoingRecord[]): Promise<readonly RecordPlace[]> {
    const partitions = await this.sender.publish(records)
    return partitions.map((partition) => ({ partition, offset: -1 }))
  }

  async subscribe(topic: string, options: SubscribeOptions): Promise<Subscription> {
    const { sender, topology, reader, publisher } = this
    const { receiving, log } = this.parts
    const ground = { link: receiving, sender, publisher, topology, reader, log }
    const subscription = this.keep(new RabbitSubscription(ground, topic, options))
    await subscription.start()
    return subscription
  }

  async openReplies(onReply: (reply: Reply) => void): Promise<Replies> {
    const replies = this.keep(new RabbitReplies(this.ground(), onReply))
    await replies.open()
    return replies
  }

  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    await Promise.all([...this.open].map((one) => one.close()))
    await this.deadLetters.close()
    await this.publisher.close()
    await Promise.all([this.parts.sending.close(), this.parts.receiving.close()])
  }

  private ground() {
    const { sender, cancellations } = this
    return { link: this.parts.receiving, sender, cancellations, log: this.parts.log }
  }

  /** Closed with the engine. */
  private keep<T extends { close(): Promise<void> }>(one: T): T {
    this.open.add(one)
    const { close } = one
    one.close = async () => {
      this.open.delete(one)
      await close.call(one)
    }
    return one
  }
}
