import type { Engine, OutgoingMessage, OutgoingRecord } from '../engine.ts'
import type { Logger } from '../logger.ts'
import { PosthornError } from '../posthorn-error.ts'
import type { OutboxEntry, Refusal, Store } from './store.ts'

/** Entries that are sent at once. */
const MOST = 100
/** How often it looks for entries that nobody told it of: those of a process that has ended. */
const LOOK_MS = 1000
/** How often keys are thrown away whose window is over. */
const FORGET_MS = 60_000
/** So long after its start an application may still declare a queue or topic that the last process left entries for. */
const DECLARING_MS = 60_000

/** Sends what is in the outbox. */
export class Relay {
  private readonly store: Store<unknown>
  private readonly engine: Engine
  private readonly log: Logger
  private running: Promise<void> | null = null
  private again = false
  private stopped = false
  private cancel = () => {}
  private forgetAt = 0
  private readonly startedAt: number

  constructor(store: Store<unknown>, engine: Engine, log: Logger) {
    this.store = store
    this.engine = engine
    this.log = log
    this.startedAt = engine.clock.now()
  }

  /** There is, or may be, something to send. */
  readonly kick = (): void => {
    this.again = true
    if (this.running !== null || this.stopped) return
    this.cancel()
    this.running = this.run().then(() => {
      this.running = null
      if (this.again) this.kick()
      else this.cancel = this.engine.clock.after(LOOK_MS, this.kick)
    })
  }

  /** Sends what is there, then looks no more. */
  async stop(): Promise<void> {
    this.cancel()
    await this.running
    await this.run()
    this.stopped = true
    this.cancel()
  }

  private async run(): Promise<void> {
    this.again = false
    try {
      while ((await this.store.relay(MOST, (entries) => this.send(entries))) === MOST);
      const now = this.engine.clock.now()
      if (now < this.forgetAt) return
      this.forgetAt = now + FORGET_MS
      await this.store.forget(now)
    } catch (error) {
      this.log.error({ error }, 'the outbox could not be sent: it is tried again')
    }
  }

  /** In their order, as far as messages and records have one. Returns what the broker refuses for good: that must not hold up the others. */
  private async send(entries: readonly OutboxEntry[]): Promise<readonly Refusal[]> {
    const refusals: Refusal[] = []
    for (let from = 0; from < entries.length; ) {
      const to = endOfKind(entries, from)
      if ((await this.trySend(entries.slice(from, to))) !== null)
        refusals.push(...(await this.sendEach(entries, from, to)))
      from = to
    }
    return refusals
  }

  /** Which of them it is nobody says. The others may be there twice then, under the same ids. */
  private async sendEach(entries: readonly OutboxEntry[], from: number, to: number): Promise<readonly Refusal[]> {
    const found: { readonly index: number; readonly error: PosthornError }[] = []
    for (let index = from; index < to; index++) {
      const error = await this.trySend([entries[index]!])
      if (error !== null) found.push({ index, error })
    }
    // Where nothing at all goes out it is not the entries: rights are missing, say.
    if (found.length === to - from && found.every(({ error }) => error.code === 'REFUSED')) throw found[0]!.error
    return found.map(({ index, error: { code, message: reason } }) => {
      this.log.error({ code, reason }, 'an entry of the outbox is refused for good: it is put aside')
      return { index, reason, at: this.engine.clock.now() }
    })
  }

  /** Sends entries of one kind at once. Returns why that will never do; throws what may pass. */
  private async trySend(entries: readonly OutboxEntry[]): Promise<PosthornError | null> {
    const messages: OutgoingMessage[] = []
    const records: OutgoingRecord[] = []
    for (const entry of entries) {
      if (entry.kind === 'message') messages.push(entry.message)
      else records.push(entry.record)
    }
    try {
      if (messages.length > 0) await this.engine.send(messages)
      if (records.length > 0) await this.engine.publish(records)
      return null
    } catch (error) {
      if (error instanceof PosthornError && this.isForGood(error)) return error
      throw error
    }
  }

  private isForGood({ code, retryable }: PosthornError): boolean {
    if (retryable || code === 'CLOSED' || code === 'ABORTED') return false
    return code !== 'NOT_FOUND' || this.engine.clock.now() > this.startedAt + DECLARING_MS
  }
}

/** Where the entries of the first one's kind end. */
function endOfKind(entries: readonly OutboxEntry[], from: number): number {
  let to = from + 1
  while (to < entries.length && entries[to]!.kind === entries[from]!.kind) to++
  return to
}
