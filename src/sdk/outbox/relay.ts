import type { Engine, OutgoingMessage, OutgoingRecord } from '../engine.ts'
import type { Logger } from '../logger.ts'
import type { OutboxEntry, Store } from './store.ts'

/** Entries that are sent at once. */
const MOST = 100
/** How often it looks for entries that nobody told it of: those of a process that has ended. */
const LOOK_MS = 1000
/** How often keys are thrown away whose window is over. */
const FORGET_MS = 60_000

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

  constructor(store: Store<unknown>, engine: Engine, log: Logger) {
    this.store = store
    this.engine = engine
    this.log = log
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

  /** In their order, as far as messages and records have one. */
  private async send(entries: readonly OutboxEntry[]): Promise<void> {
    let messages: OutgoingMessage[] = []
    let records: OutgoingRecord[] = []
    const flush = async () => {
      if (messages.length > 0) await this.engine.send(messages)
      if (records.length > 0) await this.engine.publish(records)
      messages = []
      records = []
    }
    for (const entry of entries) {
      if (entry.kind === 'message') {
        if (records.length > 0) await flush()
        messages.push(entry.message)
      } else {
        if (messages.length > 0) await flush()
        records.push(entry.record)
      }
    }
    await flush()
  }
}
