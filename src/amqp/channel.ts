import type { Broker } from '../broker/broker.ts'
import type { VHost } from '../broker/vhost.ts'
import type { Queue } from '../core/queue/queue.ts'
import type { AmqpError } from '../wire/amqp/amqp-error.ts'
import { type Fields, type Method, type ValuesOf, writeMethod } from '../wire/amqp/method.ts'
import { basic } from '../wire/amqp/methods.ts'
import { Writer } from '../wire/amqp/writer.ts'
import { Confirms } from './confirms.ts'
import { type Connection, OUTPUT_HIGH_WATER } from './connection.ts'
import type { AmqpConsumer, Deliverer, Recipient } from './consumer.ts'
import type { Content } from './content.ts'
import { contentMessage, type Parts, writeDelivery } from './delivery.ts'
import { requeueAll } from './disposal.ts'
import type { EndsTurn } from './front.ts'
import { AT_END_OF_TURN, Replies } from './replies.ts'
import type { ReplyTarget } from './reply-to.ts'
import type { Rights } from './rights.ts'
import { Route } from './route.ts'
import type { Transaction } from './transaction.ts'
import { Unacked } from './unacked.ts'

/** Replies for a direct reply-to consumer are dropped when its client has this many bytes still to read. */
const REPLY_TO_HIGH_WATER = 16 * 1024 * 1024

/** What a channel takes as objects, measured. */
const CHANNEL_BYTES = 2800

const writer = new Writer()

/** One channel of a connection: what dies with it. */
export class Channel implements Deliverer, EndsTurn, ReplyTarget {
  readonly number: number
  readonly connection: Connection
  readonly broker: Broker
  readonly vhost: VHost
  readonly rights: Rights
  readonly replies: Replies
  readonly confirms: Confirms
  readonly route: Route
  readonly unacked: Unacked<Recipient>
  /** Consumers that are told of their queue's end when the channel has its answer; null: at once. */
  private notices: string[] | null = null
  readonly consumers = new Map<string, AmqpConsumer>()
  /** For basic.get, a recipient per queue. */
  readonly getters = new Map<Queue, Recipient>()
  /** The queue that an empty name means: the last one declared on this channel. */
  lastQueue = ''
  /** 'closing': we sent channel.close and wait for the answer; nothing else is heard. */
  state: 'new' | 'open' | 'closing' = 'new'
  /** The message that is coming in, in frames that do not lie in a row. */
  content: Content | null = null
  /** Set after tx.select. */
  transaction: Transaction | null = null
  /** How many deliveries may wait for their acknowledgement, for each new consumer; 0: any number. */
  prefetch = 0
  /** The consumer tag and the token of the direct reply-to consumer. */
  replyTo: { readonly tag: string; readonly token: string } | null = null
  /** A purge that takes several turns: how many messages it took, -1 while it goes on, and what its reply waits for. */
  purge: { readonly messages: number; readonly position: number } | null = null
  /** Ends the channel with an error that no method of the client is to blame for. */
  fail: (error: AmqpError) => void = () => {}
  private deliveryTag = 0
  private noted = false
  /** Queues that have lost a consumer and have not been told. */
  private readonly left: Queue[] = []
  /** Part of what memory holds. */
  private counted = true

  constructor(connection: Connection, number: number) {
    this.number = number
    this.connection = connection
    this.broker = connection.broker
    this.vhost = connection.vhost
    this.rights = connection.rights
    const { memory } = this.broker
    this.unacked = new Unacked((bytes) => memory.hold(bytes))
    memory.hold(CHANNEL_BYTES)
    const { store, turn } = this.broker
    const { output } = connection
    this.replies = new Replies(
      output,
      turn,
      () => store.durable,
      () => {
        connection.resume()
        this.wakeConsumers()
      },
    )
    this.confirms = new Confirms(number, output, turn)
    this.route = new Route(this.broker, this.vhost, this.rights)
  }

  /** Answers a synchronous method, as soon as the journal is durable up to `position`: that of what the reply tells. */
  reply<F extends Fields>(method: Method<F>, values: ValuesOf<F>, position = 0): void {
    writer.clear()
    writeMethod(writer, this.number, method, values)
    this.replies.add(writer.written(), position)
    if (position === AT_END_OF_TURN) this.noteTurn()
  }

  /** Tells the client something that nobody waits for. */
  send<F extends Fields>(method: Method<F>, values: ValuesOf<F>): void {
    this.connection.send(this.number, method, values)
  }

  /** Has `endTurn` called when this turn ends. */
  noteTurn(): void {
    if (this.noted) return
    this.noted = true
    this.connection.front.atEndOfTurn(this)
  }

  endTurn(position: number): void {
    this.noted = false
    if (this.confirms.on) this.confirms.endTurn(position)
    this.replies.endTurn(position)
  }

  /** The tag of the last delivery. */
  get lastTag(): number {
    return this.deliveryTag
  }

  canDeliver(): boolean {
    if (this.state !== 'open' || this.replies.held) return false
    return this.connection.output.pending < OUTPUT_HIGH_WATER
  }

  deliver(
    consumer: AmqpConsumer,
    sequence: number,
    bytes: Uint8Array,
    at: number,
    length: number,
    redelivered: boolean,
  ): void {
    const tag = ++this.deliveryTag
    if (!consumer.noAck) {
      this.unacked.push(tag, consumer, sequence)
      consumer.outstanding++
    }
    const { output, frameMax } = this.connection
    writeDelivery(output, consumer.head, frameMax, tag, redelivered, bytes, at, length)
  }

  /** Answers basic.get. */
  deliverGot(
    queue: Queue,
    noAck: boolean,
    sequence: number,
    message: Parts,
    redelivered: boolean,
    messageCount: number,
  ): void {
    const tag = ++this.deliveryTag
    if (!noAck) {
      let getter = this.getters.get(queue)
      if (getter === undefined) {
        this.getters.set(queue, (getter = { queue, outstanding: 0, prefetch: 0, late: 0, standing: 'getter' }))
      }
      this.unacked.push(tag, getter, sequence)
      getter.outstanding++
      queue.lingering++
    }
    const bytes = contentMessage(
      this.number,
      this.connection.frameMax,
      basic.getOk,
      message,
      (to) => {
        to.longlong(tag)
        to.octet(redelivered ? 1 : 0)
      },
      (to) => to.long(messageCount),
    )
    this.replies.add(bytes, 0)
  }

  deliverReply(message: Parts): void {
    const { output, frameMax } = this.connection
    if (this.replyTo === null || output.pending > REPLY_TO_HIGH_WATER) return
    const { tag } = this.replyTo
    const deliveryTag = ++this.deliveryTag
    const bytes = contentMessage(this.number, frameMax, basic.deliver, message, (to) => {
      to.shortstr(tag)
      to.longlong(deliveryTag)
      to.octet(0)
    })
    output.append(bytes, 0, bytes.length)
  }

  /** The queue is gone. */
  consumerCancelled(consumer: AmqpConsumer): void {
    if (!this.consumers.delete(consumer.tag) || this.state !== 'open') return
    if (!this.connection.capabilities.consumerCancelNotify) return
    if (this.notices === null) this.notify(consumer.tag)
    else this.notices.push(consumer.tag)
  }

  /** Does what may take consumers of this channel their queue, and answers it. They are told behind the answer, as by RabbitMQ. */
  answerFirst(act: () => void): void {
    const notices: string[] = []
    this.notices = notices
    try {
      act()
    } finally {
      this.notices = null
    }
    for (const tag of notices) this.notify(tag)
  }

  private notify(consumerTag: string): void {
    this.reply(basic.cancel, { consumerTag, nowait: true }, this.vhost.changedAt)
  }

  /** Something that kept deliveries back is gone. */
  wakeConsumers(): void {
    for (const consumer of this.consumers.values()) this.broker.wake(consumer.queue)
  }

  /** Takes its consumers out of their queues. */
  leave(): void {
    for (const consumer of this.consumers.values()) {
      consumer.queue.consumers.remove(consumer)
      this.left.push(consumer.queue)
    }
    this.consumers.clear()
  }

  /** Gives up everything that belongs to the channel: deliveries that wait go back to their queues. Returns queues that lost a consumer. */
  dissolve(): Queue[] {
    this.leave()
    const left = this.left.splice(0)
    this.content?.drop()
    this.content = null
    this.transaction?.drop(this)
    this.transaction = null
    this.confirms.close()
    if (this.replyTo !== null) this.connection.front.replyTargets.delete(this.replyTo.token)
    this.replyTo = null
    requeueAll(this.broker, this.unacked)
    if (this.counted) this.broker.memory.hold(-CHANNEL_BYTES)
    this.counted = false
    return left
  }
}
