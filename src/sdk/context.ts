import type { Effects, Features, Headers, InboxKey, OutgoingMessage, OutgoingRecord } from './engine.ts'
import type { MessageOptions, Outgoing, RecordOptions } from './outgoing.ts'
import { PosthornError } from './posthorn-error.ts'
import type { Queue } from './queue.ts'
import type { Topic } from './topic.ts'

/** What a handler knows of the message beside its payload, and what it can do that belongs to it. */
export interface Context<F extends Features = Features> {
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
  /** Sends a message that leaves with the acknowledgement of this one, or not at all: nothing is sent if the handler fails. */
  send<In, Out, AnswerIn, AnswerOut>(
    queue: Queue<In, Out, AnswerIn, AnswerOut>,
    payload: NoInfer<In>,
    options?: MessageOptions<F>,
  ): Promise<void>
  /** Publishes a record that leaves with the acknowledgement of this message, or not at all. */
  publish<In, Out>(topic: Topic<In, Out>, payload: NoInfer<In>, options?: RecordOptions): Promise<void>
}

/** What is known of a message when its handler is called. */
export type Facts = Omit<Context, 'send' | 'publish' | 'signal'>

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
  readonly signal: AbortSignal
  private readonly outgoing: Outgoing
  private messages: OutgoingMessage[] = []
  private records: OutgoingRecord[] = []
  private over = false

  constructor(facts: Facts, signal: AbortSignal, outgoing: Outgoing) {
    this.id = facts.id
    this.key = facts.key
    this.headers = facts.headers
    this.source = facts.source
    this.place = facts.place
    this.attempt = facts.attempt
    this.redelivered = facts.redelivered
    this.sentAt = facts.sentAt
    this.signal = signal
    this.outgoing = outgoing
  }

  async send<In, Out, AnswerIn, AnswerOut>(
    queue: Queue<In, Out, AnswerIn, AnswerOut>,
    payload: NoInfer<In>,
    options: MessageOptions = {},
  ): Promise<void> {
    const message = await this.outgoing.message(queue, payload, options)
    this.check()
    this.messages.push(message)
  }

  async publish<In, Out>(topic: Topic<In, Out>, payload: NoInfer<In>, options: RecordOptions = {}): Promise<void> {
    const record = await this.outgoing.record(topic, payload, options)
    this.check()
    this.records.push(record)
  }

  /** The handler is done: what it sent, and what the caller adds. */
  effects(replies: readonly OutgoingMessage[], inbox: InboxKey | null): Effects {
    this.over = true
    return { messages: [...this.messages, ...replies], records: this.records, inbox }
  }

  private check(): void {
    if (this.over) {
      throw new PosthornError('CLOSED', `the handler of message '${this.id}' has returned: await what it sends`)
    }
  }
}
