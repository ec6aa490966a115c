import type { Clock } from './clock.ts'
import type { Codecs, Named } from './codecs.ts'
import type { Engine, Reply } from './engine.ts'
import { PosthornError } from './posthorn-error.ts'
import { CORRELATION_ID, OUTCOME, REASON } from './wire-names.ts'

/** What has become of a message. */
export type Outcome<Answer> =
  /** A consumer has handled it. */
  | { readonly status: 'acknowledged'; readonly answer: Answer }
  /** A consumer has refused it for good: it is kept nowhere. */
  | { readonly status: 'rejected'; readonly reason: string }
  /** It could not be handled and is among the dead letters. */
  | { readonly status: 'dead-lettered'; readonly reason: string }

interface Waiting {
  /** Ends the time to wait. */
  cancel: () => void
  readonly answers: Named<never, unknown> | null
  readonly resolve: (outcome: Outcome<unknown>) => void
  readonly fail: (error: unknown) => void
}

/** Who waits for what becomes of messages: one reply address for all of a bus. */
export class Receipts {
  private readonly engine: Engine
  private readonly codecs: Codecs
  private readonly waiting = new Map<string, Waiting>()
  private opening: Promise<string> | null = null

  constructor(engine: Engine, codecs: Codecs) {
    this.engine = engine
    this.codecs = codecs
  }

  /** Where answers are sent to. */
  address(): Promise<string> {
    this.opening ??= this.engine.openReplies((reply) => this.take(reply)).then(({ address }) => address)
    return this.opening
  }

  /** Call it before the message is sent. The promise may be left alone: it never ends as an unhandled rejection. */
  expect(
    id: string,
    answers: Named<never, unknown> | null,
    signal: AbortSignal | undefined,
  ): Promise<Outcome<unknown>> {
    const handled = new Promise<Outcome<unknown>>((resolve, fail) => {
      const give = (error: unknown) => {
        this.waiting.delete(id)
        end()
        fail(error)
      }
      const abort = () =>
        give(
          new PosthornError('ABORTED', `waiting for what becomes of message '${id}' was aborted`, {
            cause: signal?.reason,
          }),
        )
      const end = () => {
        waiting.cancel()
        signal?.removeEventListener('abort', abort)
      }
      const settle = (outcome: Outcome<unknown>) => {
        end()
        resolve(outcome)
      }
      const waiting: Waiting = { cancel: () => {}, answers, resolve: settle, fail: give }
      this.waiting.set(id, waiting)
      if (signal?.aborted) abort()
      else signal?.addEventListener('abort', abort, { once: true })
    })
    handled.catch(() => {})
    return handled
  }

  /** From now on it is waited so long. Call it when the message is stored, and has begun to live: it is gone then when nobody waits for it any more. */
  limit(id: string, timeoutMs: number, clock: Clock): void {
    const waiting = this.waiting.get(id)
    if (waiting === undefined) return
    const { fail } = waiting
    waiting.cancel = clock.after(timeoutMs, () =>
      fail(new PosthornError('TIMED_OUT', `nobody has handled message '${id}' within ${timeoutMs} ms`)),
    )
  }

  /** The message was not sent: nobody waits. */
  forget(id: string, error: unknown): void {
    this.waiting.get(id)?.fail(error)
  }

  close(): void {
    const error = new PosthornError('CLOSED', 'the bus was closed while somebody waited for an answer')
    for (const { fail } of [...this.waiting.values()]) fail(error)
  }

  private take({ headers, body }: Reply): void {
    const id = headers[CORRELATION_ID] ?? ''
    const waiting = this.waiting.get(id)
    if (waiting === undefined) return
    this.waiting.delete(id)
    // A responder without Posthorn says nothing but its answer.
    const status = (headers[OUTCOME] ?? 'acknowledged') as Outcome<unknown>['status']
    if (status !== 'acknowledged') waiting.resolve({ status, reason: headers[REASON] ?? '' })
    else if (waiting.answers === null) waiting.resolve({ status, answer: undefined })
    else {
      const { answers } = waiting
      const decode = async () => this.codecs.decode(answers, body)
      decode().then((answer) => waiting.resolve({ status, answer }), waiting.fail)
    }
  }
}
