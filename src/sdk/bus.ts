import { randomUUID } from 'node:crypto'
import { answersOf, Codecs } from './codecs.ts'
import {
  type BatchHandler,
  type BatchOptions,
  type ConsumeOptions,
  type Consuming,
  type Ground,
  startBatchConsumer,
  startConsumer,
} from './consume.ts'
import type { Context } from './context.ts'
import { DeadLetters } from './dead-letters.ts'
import { type Duration, durationMs } from './duration.ts'
import type { Engine, Features, Headers, OutgoingMessage, PublishedPlace } from './engine.ts'
import { requireFeature } from './features.ts'
import type { Handler, Middleware } from './handling.ts'
import { Handover } from './handover.ts'
import { allThere } from './later.ts'
import type { Logger } from './logger.ts'
import { Relay } from './outbox/relay.ts'
import type { Store } from './outbox/store.ts'
import { runWithOutbox } from './outbox/transaction.ts'
import { type MessageOptions, NO_HEADERS, Outgoing, type RecordOptions } from './outgoing.ts'
import { PosthornError } from './posthorn-error.ts'
import type { AnyQueue, Queue } from './queue.ts'
import { type Outcome, Receipts } from './receipts.ts'
import type { SchemaRegistry } from './registry/registry.ts'
import { type Subscribed, type SubscribeOptions, startSubscriber } from './subscribe.ts'
import type { Telemetry } from './telemetry/telemetry.ts'
import type { AnyTopic, Topic } from './topic.ts'
import { CORRELATION_ID, MESSAGE_ID, REPLY_TO, retryQueueOf, WANTS } from './wire-names.ts'

export interface SendOptions<F extends Features = Features> extends MessageOptions<F> {
  /** Asks for what becomes of the message: see `Receipt`. */
  readonly receipt?: boolean
  /** With a receipt: how long to wait for it, from when the message is stored; for ever unless given. */
  readonly timeout?: Duration
  readonly signal?: AbortSignal
}

export interface RequestOptions<F extends Features = Features> extends MessageOptions<F> {
  /** How long to wait for the answer, from when the request is stored; 30 s unless given. What nobody has taken by then is not handled any more. */
  readonly timeout?: Duration
  readonly signal?: AbortSignal
}

/** A message that is stored. */
export interface Sent {
  readonly id: string
  /** Takes a scheduled message back; false if it is too late. */
  cancel(): Promise<boolean>
}

/** A message that is stored, and whose sender is told what becomes of it. */
export interface Receipt<Answer> extends Sent {
  /** Settles when a consumer has acknowledged, rejected or given up the message; rejects with `TIMED_OUT`, `ABORTED` or `CLOSED`. */
  readonly handled: Promise<Outcome<Answer>>
}

export interface BusOptions {
  readonly log: Logger
  /** Around every handler of the bus; the first is the outermost. */
  readonly middleware: readonly Middleware[]
  /** The application's database, prepared; null without one. */
  readonly store: Store<unknown> | null
  /** Where schemas go; null without one. */
  readonly registry: SchemaRegistry | null
  readonly telemetry: Telemetry
}

/** One round of a loop over messages or records. */
export interface Item<Out, F extends Features = Features, Tx = unknown> {
  readonly payload: Out
  readonly context: Context<F, Tx>
}

/** What can be done in a transaction of the application's database. */
export interface Transaction<F extends Features = Features, Tx = unknown> {
  /** What statements of the transaction go through. */
  readonly tx: Tx
  /** Writes a message to the outbox: it is sent once the transaction is committed. */
  send<In, Out, AnswerIn, AnswerOut>(
    queue: Queue<In, Out, AnswerIn, AnswerOut>,
    payload: NoInfer<In>,
    options?: MessageOptions<F>,
  ): Promise<void>
  /** Writes a record to the outbox: it is published once the transaction is committed. */
  publish<In, Out>(topic: Topic<In, Out>, payload: NoInfer<In>, options?: RecordOptions): Promise<void>
}

const REQUEST_TIMEOUT: Duration = '30s'

/** The connection to a broker, or to the embedded engine. `F` is what its engine can do. */
export class Bus<F extends Features = Features, Tx = unknown> implements AsyncDisposable {
  readonly engine: Engine & { readonly features: F }
  private readonly options: BusOptions
  private readonly outgoing: Outgoing
  private readonly receipts: Receipts
  private readonly relay: Relay | null
  private readonly declared = new Map<string, Promise<void>>()
  /** Those of whose declaration nobody has to wait any more. */
  private readonly there = new WeakSet<AnyQueue | AnyTopic>()
  private readonly running = new Set<{ stop(): Promise<void> }>()
  private closing: Promise<void> | null = null

  constructor(engine: Engine & { readonly features: F }, options: BusOptions) {
    this.engine = engine
    this.options = options
    this.outgoing = new Outgoing(new Codecs(options.registry), engine.clock, options.telemetry, (of) => this.ready(of))
    this.relay = options.store === null ? null : new Relay(options.store, engine, options.log)
    this.receipts = new Receipts(engine, this.outgoing.codecs)
  }

  /** Everything is there: what an earlier process left in the outbox goes out. */
  begin(): void {
    this.relay?.kick()
  }

  /** Makes queues and topics that are not there yet, and checks those that are. What is used is declared by itself. */
  async declare(...contracts: readonly (AnyQueue | AnyTopic)[]): Promise<void> {
    await Promise.all(contracts.map((one) => this.ready(one)))
  }

  /**
   * Sends a message. Resolves when it is stored.
   *
   * @throws PosthornError `CONTRACT_VIOLATED` if the payload is not what the queue's contract says
   */
  send<In, Out, AnswerIn, AnswerOut>(
    queue: Queue<In, Out, AnswerIn, AnswerOut>,
    payload: NoInfer<In>,
    options: SendOptions<F> & { readonly receipt: true },
  ): Promise<Receipt<AnswerOut>>
  send<In, Out, AnswerIn, AnswerOut>(
    queue: Queue<In, Out, AnswerIn, AnswerOut>,
    payload: NoInfer<In>,
    options?: SendOptions<F> & { readonly receipt?: false },
  ): Promise<Sent>
  send(queue: AnyQueue, payload: unknown, options: SendOptions = NO_OPTIONS): Promise<Sent | Receipt<unknown>> {
    try {
      this.check()
      if (options.receipt === true) return this.sendWithReceipt(queue, payload, options)
      if (this.there.has(queue)) return this.sendNow(queue, payload, options)
      return this.ready(queue).then(() => this.sendNow(queue, payload, options))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Sends several messages at once. Resolves when all are stored. */
  async sendBatch<In, Out, AnswerIn, AnswerOut>(
    queue: Queue<In, Out, AnswerIn, AnswerOut>,
    payloads: readonly NoInfer<In>[],
    options: Omit<MessageOptions<F>, 'id'> = {},
  ): Promise<readonly Sent[]> {
    this.check()
    if (!this.there.has(queue)) await this.ready(queue)
    return this.producing('send', queue.name, payloads.length, async (headersOf) => {
      const messages = await allThere(
        payloads.map((payload) => this.outgoing.message(queue, payload, options, headersOf())),
      )
      const handles = await this.engine.send(messages)
      return messages.map((message, at) => this.sent(message, handles[at] ?? null))
    })
  }

  /**
   * Sends a message and waits for the answer.
   *
   * @throws PosthornError `TIMED_OUT`, `REJECTED`, `DEAD_LETTERED`, `ABORTED`
   */
  async request<In, Out, AnswerIn, AnswerOut>(
    queue: Queue<In, Out, AnswerIn, AnswerOut>,
    payload: NoInfer<In>,
    options: RequestOptions<F> = {},
  ): Promise<AnswerOut> {
    const timeout = options.timeout ?? REQUEST_TIMEOUT
    const receipt = await this.send(queue, payload, { ttl: timeout, ...options, timeout, receipt: true })
    const outcome = await receipt.handled
    if (outcome.status === 'acknowledged') return outcome.answer
    const what = `request '${receipt.id}' to queue '${queue.name}'`
    if (outcome.status === 'rejected') throw new PosthornError('REJECTED', `${what} was rejected: ${outcome.reason}`)
    throw new PosthornError('DEAD_LETTERED', `${what} could not be handled: ${outcome.reason}`)
  }

  /** Handles messages of a queue until the consumer, or the bus, is closed. */
  async consume<In, Out, AnswerIn, AnswerOut>(
    queue: Queue<In, Out, AnswerIn, AnswerOut>,
    handler: Handler<Out, NoInfer<AnswerIn>, F, Tx>,
    options: ConsumeOptions<Out> = {},
  ): Promise<Consuming> {
    this.check()
    await this.ready(queue)
    const consuming = await startConsumer(
      this.ground(),
      queue,
      handler as Handler<unknown, unknown>,
      options as ConsumeOptions<unknown>,
    )
    return this.keep(consuming)
  }

  /**
   * Handles messages in batches. A handler that fails has failed for all of them, each by its own count of attempts; `message.fail` says it of one. Messages of a batch come in any
   * order, and get no answers.
   */
  async consumeBatch<In, Out, AnswerIn, AnswerOut>(
    queue: Queue<In, Out, AnswerIn, AnswerOut>,
    handler: BatchHandler<Out, F>,
    options: BatchOptions = {},
  ): Promise<Consuming> {
    this.check()
    await this.ready(queue)
    return this.keep(await startBatchConsumer(this.ground(), queue, handler as BatchHandler<unknown>, options))
  }

  /** The messages of a queue, for a loop: asking for the next one acknowledges the last, and leaving the loop stops; what it has not asked for goes back. */
  async *messages<In, Out, AnswerIn, AnswerOut>(
    queue: Queue<In, Out, AnswerIn, AnswerOut>,
    options: ConsumeOptions<Out> = {},
  ): AsyncGenerator<Item<Out, F, Tx>, void, void> {
    const handover = new Handover<Item<Out, F, Tx>>()
    const handler = async (payload: Out, context: Context<F, Tx>) => handover.put({ payload, context })
    yield* this.iterate(handover, await this.consume(queue, handler as never, { ...options, patience: 0 }))
  }

  /** The records of a topic, for a loop: asking for the next one says that the last is done, and leaving the loop stops. */
  async *records<In, Out>(
    topic: Topic<In, Out>,
    options: SubscribeOptions<Out> = {},
  ): AsyncGenerator<Item<Out, F, Tx>, void, void> {
    const handover = new Handover<Item<Out, F, Tx>>()
    const handler = (payload: Out, context: Context<F, Tx>) => handover.put({ payload, context })
    yield* this.iterate(handover, await this.subscribe(topic, { ...options, patience: 0 }, handler))
  }

  /** The same for a queue that has answers: what the handler returns goes to who asked. */
  respond<In, Out, AnswerIn, AnswerOut>(
    queue: Queue<In, Out, AnswerIn, AnswerOut>,
    handler: Handler<Out, NoInfer<AnswerIn>, F, Tx>,
    options: ConsumeOptions<Out> = {},
  ): Promise<Consuming> {
    return this.consume(queue, handler, options)
  }

  /** Publishes a record. Resolves with its place when it is stored. */
  async publish<In, Out>(
    topic: Topic<In, Out>,
    payload: NoInfer<In>,
    options: RecordOptions = {},
  ): Promise<PublishedPlace<F>> {
    this.check()
    if (!this.there.has(topic)) await this.ready(topic)
    return this.producing('publish', topic.name, 1, async (headersOf) => {
      const record = this.outgoing.record(topic, payload, options, headersOf())
      const [place] = await this.engine.publish([record instanceof Promise ? await record : record])
      return place!
    })
  }

  async publishBatch<In, Out>(
    topic: Topic<In, Out>,
    payloads: readonly NoInfer<In>[],
    options: Omit<RecordOptions, 'id'> = {},
  ): Promise<readonly PublishedPlace<F>[]> {
    this.check()
    if (!this.there.has(topic)) await this.ready(topic)
    return this.producing('publish', topic.name, payloads.length, async (headersOf) => {
      const records = payloads.map((payload) => this.outgoing.record(topic, payload, options, headersOf()))
      return this.engine.publish(await allThere(records))
    })
  }

  /** Handles records of a topic until the subscription, or the bus, is closed. */
  async subscribe<In, Out>(
    topic: Topic<In, Out>,
    options: SubscribeOptions<Out>,
    handler: Handler<Out, void, F, Tx>,
  ): Promise<Subscribed> {
    this.check()
    await this.ready(topic)
    const subscribed = await startSubscriber(
      this.ground(),
      topic,
      handler as Handler<unknown, unknown>,
      options as SubscribeOptions,
    )
    return this.keep(subscribed)
  }

  /**
   * Runs `work` in a transaction of the application's database. What it sends and publishes is written to the outbox in it, and goes out once it is
   * committed.
   *
   * @throws PosthornError `INVALID_OPTION` without a store
   */
  async transaction<T>(work: (transaction: Transaction<F, Tx>) => Promise<T>): Promise<T> {
    const { store } = this.options
    if (store === null) throw new PosthornError('INVALID_OPTION', 'a transaction needs a store: give one to connect')
    this.check()
    const result = await store.transaction((tx) =>
      runWithOutbox(store, tx, this.outgoing, (it) => work(it as Transaction<F, Tx>)),
    )
    this.relay?.kick()
    return result
  }

  /** The dead letters of a queue, or those of a group that subscribes to a topic. */
  deadLetters<In, Out, AnswerIn, AnswerOut>(queue: Queue<In, Out, AnswerIn, AnswerOut>): DeadLetters<In, Out>
  deadLetters<In, Out>(topic: Topic<In, Out>, subscription: { readonly group: string }): DeadLetters<In, Out>
  deadLetters(of: AnyQueue | AnyTopic, subscription?: { readonly group: string }): DeadLetters {
    const { engine, outgoing } = this
    if (of.kind === 'queue') return new DeadLetters(engine, of, of.name, outgoing, () => this.ready(of))
    const name = retryQueueOf(of.name, subscription!.group)
    return new DeadLetters(engine, of, name, outgoing, () => engine.declareQueue({ name }))
  }

  /** Finishes what has begun, keeps the progress, and closes the connection. */
  close(): Promise<void> {
    this.closing ??= this.end()
    return this.closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  private async end(): Promise<void> {
    await Promise.all([...this.running].map((one) => one.stop()))
    await this.relay?.stop()
    this.receipts.close()
    await this.engine.close()
  }

  private async sendWithReceipt(queue: AnyQueue, payload: unknown, options: SendOptions): Promise<Receipt<unknown>> {
    const id = options.id ?? randomUUID()
    const timeoutMs = options.timeout === undefined ? null : durationMs(options.timeout, 'timeout')
    this.check()
    await this.ready(queue)
    const correlation = options.correlationId ?? id
    const address = await this.receipts.address()
    const answers = queue.answer && answersOf(queue.name, queue.answer)
    const handled = this.receipts.expect(correlation, answers, options.signal)
    const asking = { [REPLY_TO]: address, [CORRELATION_ID]: correlation, [WANTS]: 'receipt' }
    try {
      return await this.producing('send', queue.name, 1, async (headersOf) => {
        const message = await this.outgoing.message(queue, payload, { ...options, id }, headersOf())
        const [handle] = await this.engine.send([{ ...message, headers: { ...message.headers, ...asking } }])
        if (timeoutMs !== null) this.receipts.limit(correlation, timeoutMs, this.engine.clock)
        return Object.assign(this.sent(message, handle ?? null), { handled })
      })
    } catch (error) {
      this.receipts.forget(correlation, error)
      throw error
    }
  }

  private sendNow(queue: AnyQueue, payload: unknown, options: SendOptions): Promise<Sent> {
    return this.producing('send', queue.name, 1, (headersOf) => {
      const message = this.outgoing.message(queue, payload, options, headersOf())
      return message instanceof Promise ? message.then(this.sendOne) : this.sendOne(message)
    })
  }

  private readonly sendOne = (message: OutgoingMessage): Promise<Sent> =>
    this.engine.send([message]).then((handles) => this.sent(message, handles[0] ?? null))

  private sent({ headers }: OutgoingMessage, handle: string | null): Sent {
    return new SentMessage(this.engine, headers[MESSAGE_ID]!, handle)
  }

  /** Tells of what is sent if somebody listens. */
  private producing<T>(
    operation: 'send' | 'publish',
    destination: string,
    count: number,
    run: (headersOf: () => Headers) => Promise<T>,
  ): Promise<T> {
    const { telemetry } = this.options
    return telemetry.active ? telemetry.producing(operation, destination, count, run) : run(untraced)
  }

  private async *iterate<T>(handover: Handover<T>, consuming: Consuming): AsyncGenerator<T, void, void> {
    consuming.ended.then(
      () => handover.end(null),
      (error: unknown) => handover.end({ error }),
    )
    try {
      yield* handover.items()
    } finally {
      await consuming.stop()
    }
  }

  private ground(): Ground {
    const { engine, outgoing } = this
    const { log, telemetry, store, middleware } = this.options
    return { engine, outgoing, log, middleware, telemetry, store, relay: () => this.relay?.kick() }
  }

  private check(): void {
    if (this.closing !== null) throw new PosthornError('CLOSED', 'the bus is closed')
  }

  private async ready(of: AnyQueue | AnyTopic): Promise<void> {
    const key = `${of.kind} ${of.name}`
    let declaring = this.declared.get(key)
    if (declaring === undefined) {
      declaring = this.declareOne(of)
      this.declared.set(key, declaring)
      declaring.catch(() => this.declared.delete(key))
    }
    await declaring
    this.there.add(of)
  }

  /** With a registry the contract is checked there before anything is sent. */
  private async declareOne(of: AnyQueue | AnyTopic): Promise<void> {
    await declareOn(this.engine, of)
    if (this.options.registry !== null) await this.outgoing.codecs.of(of)
  }

  private keep<T extends { stop(): Promise<void>; readonly ended: Promise<unknown> }>(one: T): T {
    this.running.add(one)
    one.ended.finally(() => this.running.delete(one)).catch(() => {})
    return one
  }
}

const NO_OPTIONS = {}
const untraced = () => NO_HEADERS

/** One of the messages that were sent. */
class SentMessage implements Sent {
  readonly id: string
  private readonly engine: Engine
  private readonly handle: string | null

  constructor(engine: Engine, id: string, handle: string | null) {
    this.engine = engine
    this.id = id
    this.handle = handle
  }

  async cancel(): Promise<boolean> {
    requireFeature(this.engine, 'cancel', `message '${this.id}'`)
    return this.handle !== null && this.engine.cancel(this.handle)
  }
}

function declareOn(engine: Engine, of: AnyQueue | AnyTopic): Promise<void> {
  const { name, native } = of
  if (of.kind === 'queue') return engine.declareQueue({ name, native })
  const { partitions, retentionMs, compact } = of
  return engine.declareTopic({ name, partitions, retentionMs, compact, native })
}
