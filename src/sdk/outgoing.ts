import { randomUUID } from 'node:crypto'
import type { Clock } from './clock.ts'
import type { Codecs } from './codecs.ts'
import { type Duration, durationMs, type Instant, instantMs } from './duration.ts'
import type { Features, Headers, OutgoingMessage, OutgoingRecord } from './engine.ts'
import { PosthornError } from './posthorn-error.ts'
import type { AnyQueue, Queue } from './queue.ts'
import type { Tracer } from './telemetry/tracer.ts'
import type { AnyTopic, Topic } from './topic.ts'
import { CONTENT_TYPE, CORRELATION_ID, EXPIRES_AT, MESSAGE_ID, SENT_AT } from './wire-names.ts'

const USUAL_PRIORITY = 4
const HIGHEST_PRIORITY = 9

/** What may be said of a message beside its payload. */
export interface MessageOptions<F extends Features = Features> {
  /** What it is known by, for consumers that handle each id once; made up unless given. */
  readonly id?: string
  /** Those of one key are handled in order; what the queue's `key` says unless given. */
  readonly key?: string
  /** Nobody gets it before so long from now. */
  readonly delay?: Duration
  /** Nobody gets it before this instant. */
  readonly at?: Instant
  /** Nobody gets it later than so long from now (or from when it is due). */
  readonly ttl?: Duration
  /** 0 to 9, 4 unless given; higher goes first. */
  readonly priority?: F['priority'] extends false ? never : number
  readonly headers?: Readonly<Record<string, string>>
  readonly correlationId?: string
}

export interface RecordOptions {
  readonly id?: string
  /** Those of one key are in one partition; what the topic's `key` says unless given. */
  readonly key?: string
  /** By the key unless given. */
  readonly partition?: number
  /** Now unless given. */
  readonly timestamp?: Instant
  readonly headers?: Readonly<Record<string, string>>
}

/** Makes messages and records of payloads: checked, encoded, with their headers. */
export class Outgoing {
  readonly codecs: Codecs
  /** Declares a queue or topic if that has not been done. */
  readonly ready: (of: AnyQueue | AnyTopic) => Promise<void>
  readonly clock: Clock
  readonly tracer: Tracer

  constructor(codecs: Codecs, clock: Clock, tracer: Tracer, ready: (of: AnyQueue | AnyTopic) => Promise<void>) {
    this.codecs = codecs
    this.clock = clock
    this.tracer = tracer
    this.ready = ready
  }

  /** @throws PosthornError `CONTRACT_VIOLATED`, `INVALID_OPTION` */
  async message<In, Out, AnswerIn, AnswerOut>(
    queue: Queue<In, Out, AnswerIn, AnswerOut>,
    payload: In,
    options: MessageOptions,
    traced: Headers = {},
  ): Promise<OutgoingMessage> {
    const { id = randomUUID(), priority = USUAL_PRIORITY } = options
    const what = `a message to queue '${queue.name}'`
    if (!Number.isInteger(priority) || priority < 0 || priority > HIGHEST_PRIORITY) {
      throw new PosthornError(
        'INVALID_OPTION',
        `priority of ${what} is ${priority}, but must be 0 to ${HIGHEST_PRIORITY}`,
      )
    }
    const now = this.clock.now()
    const body = await this.encode(what, () => this.codecs.encode(queue, payload))
    const notBefore = this.notBefore(options, now, what)
    const expiresAt = options.ttl === undefined ? null : (notBefore ?? now) + durationMs(options.ttl, `ttl of ${what}`)
    return {
      to: 'queue',
      address: queue.name,
      body,
      headers: {
        ...traced,
        ...lowerCase(options.headers),
        [CONTENT_TYPE]: queue.contract.contentType,
        [MESSAGE_ID]: id,
        [SENT_AT]: String(now),
        ...(options.correlationId === undefined ? {} : { [CORRELATION_ID]: options.correlationId }),
        ...(expiresAt === null ? {} : { [EXPIRES_AT]: String(expiresAt) }),
      },
      key: options.key ?? queue.key?.(payload) ?? null,
      notBefore,
      expiresAt,
      priority,
    }
  }

  /** A payload that is null is a tombstone. */
  async record<In, Out>(
    topic: Topic<In, Out>,
    payload: In | null,
    options: RecordOptions,
    traced: Headers = {},
  ): Promise<OutgoingRecord> {
    const what = `a record of topic '${topic.name}'`
    const key = options.key ?? (payload === null ? null : (topic.key?.(payload) ?? null))
    if (payload === null && key === null) {
      throw new PosthornError(
        'INVALID_OPTION',
        `${what} without a payload needs a key: it says that the key has no value`,
      )
    }
    return {
      topic: topic.name,
      key,
      body: payload === null ? null : await this.encode(what, () => this.codecs.encode(topic, payload)),
      headers: {
        ...traced,
        ...lowerCase(options.headers),
        [CONTENT_TYPE]: topic.contract.contentType,
        [MESSAGE_ID]: options.id ?? randomUUID(),
      },
      partition: options.partition ?? null,
      timestamp:
        options.timestamp === undefined ? this.clock.now() : instantMs(options.timestamp, `timestamp of ${what}`),
    }
  }

  private notBefore({ delay, at }: MessageOptions, now: number, what: string): number | null {
    if (delay !== undefined && at !== undefined) {
      throw new PosthornError('INVALID_OPTION', `${what} has both a delay and an instant: give one of them`)
    }
    const due =
      delay === undefined
        ? at === undefined
          ? now
          : instantMs(at, `at of ${what}`)
        : now + durationMs(delay, `delay of ${what}`)
    return due > now ? due : null
  }

  private async encode(what: string, run: () => Promise<Uint8Array>): Promise<Uint8Array> {
    try {
      return await run()
    } catch (error) {
      if (!(error instanceof PosthornError)) throw error
      throw new PosthornError(error.code, `${what}: ${error.message}`, { cause: error })
    }
  }
}

/** Header names in lower case: engines compare them as they are. */
function lowerCase(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}
