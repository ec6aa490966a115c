import type { Clock } from './clock.ts'
import {
  type Effects,
  type Features,
  type Headers,
  type InboxKey,
  NO_EFFECTS,
  type OutgoingMessage,
  type OutgoingRecord,
} from './engine.ts'
import type { MessageOptions, Outgoing, RecordOptions } from './outgoing.ts'
import { PosthornError } from './posthorn-error.ts'
import type { Queue } from './queue.ts'
import type { Topic } from './topic.ts'

/** What a handler knows of the message beside its payload, and what it can do that belongs to it. */
export interface Context<F extends Features = Features, Tx = unknown> {
  /** What it is known by. */
  readonly id: string
  readonly key: string | null
  readonly headers: Headers
  /** The queue it came from; of a record the topic. */
  readonly source: string
  /** Of a record: where it is in its topic. */
  readonly place: { readonly partition: number; readonly offset: number } | null
  /** 1 the first time, one more after each failure. */
  readonly attempt: number
  /** It was handed out before, and nobody said what became of it. */
  readonly redelivered: boolean
  /** When it was sent (published), in milliseconds since 1970. */
  readonly sentAt: number | null
  /** Aborts when the handler takes too long, or when the consumer was told to stop and its patience is over. */
  readonly signal: AbortSignal
  /** What time is measured with here: in tests it moves when it is told to. */
  readonly clock: Clock
  /**
   * The transaction in the application's database, for consumers that are `idempotent` or `transactional` on a bus with a `store`.
   * @throws PosthornError `INVALID_OPTION` elsewhere
   */
  readonly tx: Tx
  /** Sends a message that leaves with the acknowledgement of this one, or not at all: nothing is sent if the handler fails. */
  send<In, Out, AnswerIn, AnswerOut>(
    queue: Queue<In, Out, AnswerIn, AnswerOut>,
    payload: NoInfer<In>,
    options?: MessageOptions<F>,
  ): Promise<void>
  /** Publishes a record that leaves with the acknowledgement of this message, or not at all. */
  publish<In, Out>(topic: Topic<In, Out>, payload: NoInfer<In>, options?: RecordOptions): Promise<void>
  /** Takes back what was sent and published so far. */
  discard(): void
  /** Of a subscription with `progress: 'manual'`: the record is done. May be called after the handler has returned. */
  done(): void
  /** Of a batch: the headers of its messages. */
  readonly batch: readonly Headers[] | null
}

/** What is known of a message when its handler is called. */
export type Facts = Omit<Context, 'send' | 'publish' | 'discard' | 'done' | 'batch' | 'signal' | 'clock' | 'tx'> & {
  readonly batch?: readonly Headers[] | null
  readonly onDone?: () => void
}

const NOTHING = () => {}

/** A context whose effects wait for the handler's end. */
export class Gathering implements Context {
  readonly id: string
  readonly key: string | null
  readonly headers: Headers
  readonly source: string
  readonly place: Context['place']
  readonly attempt: number
  readonly redelivered: boolean
  readonly sentAt: number | null
  readonly clock: Clock
  readonly batch: readonly Headers[] | null
  readonly done: () => void
  private readonly outgoing: Outgoing
  private messages: readonly OutgoingMessage[] = NO_EFFECTS.messages
  private records: readonly OutgoingRecord[] = NO_EFFECTS.records
  private over = false
  /** Most handlers never ask for their signal: it is made for those that do. */
  private controller: AbortController | null = null
  private aborted: { readonly reason: unknown } | null = null
  private transaction: { readonly tx: unknown } | null = null

  constructor(facts: Facts, outgoing: Outgoing) {
    this.id = facts.id
    this.key = facts.key
    this.headers = facts.headers
    this.source = facts.source
    this.place = facts.place
    this.attempt = facts.attempt
    this.redelivered = facts.redelivered
    this.sentAt = facts.sentAt
    this.outgoing = outgoing
    this.clock = outgoing.clock
    this.batch = facts.batch ?? null
    this.done = facts.onDone ?? NOTHING
  }

  discard(): void {
    this.take()
  }

  get signal(): AbortSignal {
    if (this.controller === null) {
      this.controller = new AbortController()
      if (this.aborted !== null) this.controller.abort(this.aborted.reason)
    }
    return this.controller.signal
  }

  /** The attempt is over, whatever the handler still does. */
  abort(reason: unknown): void {
    this.aborted ??= { reason }
    this.controller?.abort(reason)
  }

  throwIfAborted(): void {
    if (this.aborted !== null) throw this.aborted.reason
  }

  get tx(): unknown {
    if (this.transaction !== null) return this.transaction.tx
    throw new PosthornError(
      'INVALID_OPTION',
      `the handler of '${this.source}' runs in no transaction: give connect a store, and the consumer 'idempotent' or 'transactional'`,
    )
  }

  /** The handler runs in a transaction. */
  within(tx: unknown): void {
    this.transaction = { tx }
  }

  // Handlers take these out of the context: they have to know whose they are. Most never do.
  get send() {
    return this.sendMessage.bind(this)
  }

  get publish() {
    return this.publishRecord.bind(this)
  }

  private async sendMessage<In, Out, AnswerIn, AnswerOut>(
    queue: Queue<In, Out, AnswerIn, AnswerOut>,
    payload: NoInfer<In>,
    options: MessageOptions = {},
  ): Promise<void> {
    await this.outgoing.ready(queue)
    const traced = this.outgoing.tracer.creating(queue.name)
    const message = await this.outgoing.message(queue, payload, options, traced)
    this.check()
    this.messages = [...this.messages, message]
  }

  private async publishRecord<In, Out>(
    topic: Topic<In, Out>,
    payload: NoInfer<In>,
    options: RecordOptions = {},
  ): Promise<void> {
    await this.outgoing.ready(topic)
    const traced = this.outgoing.tracer.creating(topic.name)
    const record = await this.outgoing.record(topic, payload, options, traced)
    this.check()
    this.records = [...this.records, record]
  }

  /** Takes out what was sent so far: it goes another way. */
  take(): { readonly messages: readonly OutgoingMessage[]; readonly records: readonly OutgoingRecord[] } {
    const { messages, records } = this
    this.messages = NO_EFFECTS.messages
    this.records = NO_EFFECTS.records
    return { messages, records }
  }

  /** The handler is done: what it sent, and what the caller adds. */
  effects(replies: readonly OutgoingMessage[], inbox: InboxKey | null): Effects {
    this.over = true
    if (this.messages.length === 0 && this.records.length === 0 && replies.length === 0 && inbox === null)
      return NO_EFFECTS
    return { messages: [...this.messages, ...replies], records: this.records, inbox }
  }

  private check(): void {
    if (this.over) {
      throw new PosthornError('CLOSED', `the handler of message '${this.id}' has returned: await what it sends`)
    }
  }
}
