import type { Clock } from './clock.ts'
import type { Codecs, Named } from './codecs.ts'
import type { DeadLetterEntry, Engine, Headers, OutgoingMessage } from './engine.ts'
import { type Failure, readFailure } from './failure.ts'
import type { Outgoing } from './outgoing.ts'
import { PosthornError } from './posthorn-error.ts'
import { FAILURE, FAILURES, FIRST_FAILED_AT, MESSAGE_ID } from './wire-names.ts'

/** A message that could not be handled. */
export interface DeadLetter<Out = unknown> {
  /** Names the entry among the dead letters of its queue. */
  readonly id: string
  readonly messageId: string
  readonly key: string | null
  readonly headers: Headers
  readonly body: Uint8Array
  /** When it became one. */
  readonly at: Date | null
  /** Why; null for one that is a dead letter by another's word. */
  readonly failure: Failure | null
  /** @throws PosthornError `CONTRACT_VIOLATED` if that is why it is here */
  payload(): Promise<Out>
}

export interface Selection<Out> {
  /** Only those of which that is true. */
  readonly where?: (letter: DeadLetter<Out>) => boolean | Promise<boolean>
  /** At most so many. */
  readonly limit?: number
}

export interface RedriveOptions<Out> extends Selection<Out> {
  /** At most so many a second. */
  readonly rate?: number
  readonly signal?: AbortSignal
}

const PAGE = 100

/** The dead letters of a queue. Looking at them changes neither their order nor their number. */
export class DeadLetters<In = unknown, Out = unknown> {
  private readonly engine: Engine
  /** Whose contract they were to follow. */
  private readonly of: Named<In, Out>
  /** Where its entries are, and where they go when they are sent again. */
  private readonly name: string
  private readonly outgoing: Outgoing
  private readonly ready: () => Promise<void>

  constructor(engine: Engine, of: Named<In, Out>, name: string, outgoing: Outgoing, ready: () => Promise<void>) {
    this.engine = engine
    this.of = of
    this.name = name
    this.outgoing = outgoing
    this.ready = ready
  }

  async count(): Promise<number> {
    await this.ready()
    return this.engine.deadLetters.count(this.name)
  }

  /** From the oldest to the newest. */
  async *list(selection: Selection<Out> = {}): AsyncGenerator<DeadLetter<Out>, void, void> {
    await this.ready()
    const { where, limit = Number.POSITIVE_INFINITY } = selection
    let found = 0
    let after: string | null = null
    while (found < limit) {
      const page: readonly DeadLetterEntry[] = await this.engine.deadLetters.browse(this.name, after, PAGE)
      for (const entry of page) {
        const letter = this.letterOf(entry)
        if (where !== undefined && !(await where(letter))) continue
        yield letter
        if (++found === limit) return
      }
      const last = page.at(-1)
      if (last === undefined) return
      after = last.id
    }
  }

  /** Null if there is none of that id (any more). */
  async read(id: string): Promise<DeadLetter<Out> | null> {
    await this.ready()
    const entry = await this.engine.deadLetters.read(this.name, id)
    return entry === null ? null : this.letterOf(entry)
  }

  /** Sends one to its queue again, as it is or with another payload. False if it is gone. */
  async resend(id: string, edited?: { readonly payload: NoInfer<In> }): Promise<boolean> {
    const letter = await this.read(id)
    if (letter === null) return false
    const body = edited === undefined ? letter.body : await this.encode(edited.payload)
    return this.engine.deadLetters.take(this.name, id, this.again(letter, body))
  }

  /** Sends all, or those that are selected, to their queue again, oldest first. Returns how many. */
  async redrive(options: RedriveOptions<Out> = {}): Promise<number> {
    const { rate, signal } = options
    if (rate !== undefined && !(rate > 0)) {
      throw new PosthornError('INVALID_OPTION', `rate is ${rate}, but must be above 0`)
    }
    const pace = rate === undefined ? null : new Pace(this.engine.clock, 1000 / rate)
    return this.each(options, async (letter) => {
      await pace?.wait(signal)
      if (signal?.aborted) throw new PosthornError('ABORTED', 'the redrive was aborted', { cause: signal.reason })
      return this.engine.deadLetters.take(this.name, letter.id, this.again(letter, letter.body))
    })
  }

  /** Forgets one. False if it is gone. */
  async discard(id: string): Promise<boolean> {
    await this.ready()
    return this.engine.deadLetters.take(this.name, id, null)
  }

  /** Forgets all, or those that are selected. Returns how many. */
  discardAll(selection: Selection<Out> = {}): Promise<number> {
    return this.each(selection, (letter) => this.engine.deadLetters.take(this.name, letter.id, null))
  }

  /** Those that come while it is at work wait for the next time: what fails again at once would go round for ever. */
  private async each(selection: Selection<Out>, act: (letter: DeadLetter<Out>) => Promise<boolean>): Promise<number> {
    let left = await this.count()
    let done = 0
    const { where, limit = Number.POSITIVE_INFINITY } = selection
    for await (const letter of this.list()) {
      if (left-- <= 0 || done >= limit) break
      if (where !== undefined && !(await where(letter))) continue
      if (await act(letter)) done++
    }
    return done
  }

  private async encode(payload: In): Promise<Uint8Array> {
    return this.outgoing.codecs.encode(this.of, payload)
  }

  private again({ headers, key }: DeadLetter<Out>, body: Uint8Array): OutgoingMessage {
    const { [FAILURE]: _why, [FAILURES]: _count, [FIRST_FAILED_AT]: _first, ...kept } = headers
    return { to: 'queue', address: this.name, body, headers: kept, key, notBefore: null, expiresAt: null, priority: 4 }
  }

  private letterOf({ id, body, headers, key, at }: DeadLetterEntry): DeadLetter<Out> {
    const codecs: Codecs = this.outgoing.codecs
    return {
      id,
      messageId: headers[MESSAGE_ID] ?? '',
      key,
      headers,
      body,
      at: at === null ? null : new Date(at),
      failure: readFailure(headers),
      payload: async () => codecs.decode(this.of, body),
    }
  }
}

/** Lets one pass every so many milliseconds. */
class Pace {
  private readonly clock: Clock
  private readonly everyMs: number
  private next = 0

  constructor(clock: Clock, everyMs: number) {
    this.clock = clock
    this.everyMs = everyMs
  }

  /** Until it is time, or the signal aborts. */
  async wait(signal: AbortSignal | undefined): Promise<void> {
    const now = this.clock.now()
    const at = Math.max(now, this.next)
    this.next = at + this.everyMs
    if (at === now || signal?.aborted) return
    await new Promise<void>((resolve) => {
      // Whoever waits for a redrive is not done, and an engine in process has no connection that keeps it alive.
      const cancel = this.clock.after(at - now, resolve, { keepsAlive: true })
      signal?.addEventListener('abort', () => {
        cancel()
        resolve()
      })
    })
  }
}
