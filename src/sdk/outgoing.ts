import { randomUUID } from 'node:crypto'
import type { Clock } from './clock.ts'
import type { Codecs } from './codecs.ts'
import { type Duration, durationMs, type Instant, instantMs } from './duration.ts'
import type { Features, Headers, OutgoingMessage, OutgoingRecord } from './engine.ts'
import { type MaybeLater, whenThere } from './later.ts'
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

  /** Throws, or rejects, PosthornError `CONTRACT_VIOLATED`, `INVALID_OPTION`. */
  message<In, Out, AnswerIn, AnswerOut>(
    queue: Queue<In, Out, AnswerIn, AnswerOut>,
    payload: In,
    options: MessageOptions,
    traced: Headers = NO_HEADERS,
  ): MaybeLater<OutgoingMessage> {
    const { priority = USUAL_PRIORITY } = options
    if (!Number.isInteger(priority) || priority < 0 || priority > HIGHEST_PRIORITY) {
      throw new PosthornError(
        'INVALID_OPTION',
        `priority of ${named(queue)} is ${priority}, but must be 0 to ${HIGHEST_PRIORITY}`,
      )
    }
    const now = this.clock.now()
    const notBefore = notBeforeOf(queue, options, now)
    const expiresAt =
      options.ttl === undefined ? null : (notBefore ?? now) + durationMs(options.ttl, `ttl of ${named(queue)}`)
    const headers = headersOf(queue, options, traced)
    headers[SENT_AT] = String(now)
    if (options.correlationId !== undefined) headers[CORRELATION_ID] = options.correlationId
    if (expiresAt !== null) headers[EXPIRES_AT] = String(expiresAt)
    return whenThere(this.encode(queue, payload), (body) => ({
      to: 'queue',
      address: queue.name,
      body,
      headers,
      key: options.key ?? queue.key?.(payload) ?? null,
      notBefore,
      expiresAt,
      priority,
    }))
  }

  /** A payload that is null is a tombstone. Throws, or rejects, what `message` does. */
  record<In, Out>(
    topic: Topic<In, Out>,
    payload: In | null,
    options: RecordOptions,
    traced: Headers = NO_HEADERS,
  ): MaybeLater<OutgoingRecord> {
    const key = options.key ?? (payload === null ? null : (topic.key?.(payload) ?? null))
    if (payload === null && key === null) {
      throw new PosthornError(
        'INVALID_OPTION',
        `${named(topic)} without a payload needs a key: it says that the key has no value`,
      )
    }
    const headers = headersOf(topic, options, traced)
    const timestamp =
      options.timestamp === undefined ? this.clock.now() : instantMs(options.timestamp, `timestamp of ${named(topic)}`)
    const encoded = payload === null ? null : this.encode(topic, payload)
    return whenThere(encoded, (body) => ({
      topic: topic.name,
      key,
      body,
      headers,
      partition: options.partition ?? null,
      timestamp,
    }))
  }

  private encode<In>(of: AnyQueue | AnyTopic, payload: In): MaybeLater<Uint8Array> {
    try {
      const body = this.codecs.encode(of, payload)
      return body instanceof Promise ? body.catch((error) => failed(of, error)) : body
    } catch (error) {
      return failed(of, error)
    }
  }
}

/** Those of what nobody traces. */
export const NO_HEADERS: Headers = {}

/** What messages and records have in common. */
function headersOf(
  { contract }: AnyQueue | AnyTopic,
  { id, headers }: MessageOptions | RecordOptions,
  traced: Headers,
): Record<string, string> {
  const own: Record<string, string> = { [CONTENT_TYPE]: contract.contentType, [MESSAGE_ID]: id ?? randomUUID() }
  if (traced === NO_HEADERS && headers === undefined) return own
  const all: Record<string, string> = { ...traced }
  // Names in lower case: engines compare them as they are.
  for (const name in headers) all[name.toLowerCase()] = headers[name]!
  return Object.assign(all, own)
}

function notBeforeOf(queue: AnyQueue, { delay, at }: MessageOptions, now: number): number | null {
  if (delay === undefined && at === undefined) return null
  const what = named(queue)
  if (delay !== undefined && at !== undefined) {
    throw new PosthornError('INVALID_OPTION', `${what} has both a delay and an instant: give one of them`)
  }
  const due = delay === undefined ? instantMs(at!, `at of ${what}`) : now + durationMs(delay, `delay of ${what}`)
  return due > now ? due : null
}

function failed(of: { readonly name: string; readonly kind?: 'queue' | 'topic' }, error: unknown): never {
  if (!(error instanceof PosthornError)) throw error
  throw new PosthornError(error.code, `${named(of)}: ${error.message}`, { cause: error })
}

function named({ kind, name }: { readonly name: string; readonly kind?: 'queue' | 'topic' }): string {
  return kind === 'topic' ? `a record of topic '${name}'` : `a message to queue '${name}'`
}
