import type { Broker } from '../../broker/broker.ts'
import type { VHost } from '../../broker/vhost.ts'
import { PosthornError } from '../../sdk/posthorn-error.ts'
import type { Nouns } from '../../server/fronts.ts'
import type { Log } from '../../server/log.ts'

/** How long a call waits for room before it says that there is none. */
const PATIENCE_MS = 30_000

/** The logs have no room now. */
export const NO_ROOM = Symbol('no room')

/** The broker, as the parts of the embedded engine use it. */
export class Ground {
  readonly broker: Broker
  readonly nouns: Nouns
  readonly log: Log
  /** Why nothing works any more: the journal can't be written, or the engine is closed. */
  private over: PosthornError | null = null
  private readonly waiting = new Set<(error: Error) => void>()
  /** Called once, when nothing works any more. */
  readonly ending = new Set<(error: PosthornError) => void>()

  constructor(broker: Broker, nouns: Nouns, log: Log) {
    this.broker = broker
    this.nouns = nouns
    this.log = log
  }

  /** Queues of the SDK are in the default vhost, where Kafka's topics have their streams, too. */
  get vhost(): VHost {
    return this.broker.vhosts.get('/')!
  }

  /** Bytes that were ever written to the journal and the spill: whether anything happens. */
  get written(): number {
    const { journal, spill } = this.broker.store
    return journal.tail + spill.tail
  }

  /** Resolves when everything that is in the journal now is durable. */
  durable(position = this.broker.store.journal.tail): Promise<void> {
    return this.wait((done) => this.broker.turn.hold(position, { release: done }))
  }

  /** Does something that needs room in the logs as soon as there is some: `attempt` returns NO_ROOM until then. */
  async act<T>(attempt: () => T | typeof NO_ROOM): Promise<T> {
    const { broker } = this
    const until = broker.env.clock.elapsed() + PATIENCE_MS
    for (;;) {
      this.check()
      const done = attempt()
      if (done !== NO_ROOM) return done
      if (broker.store.journal.full || broker.env.clock.elapsed() > until) {
        throw new PosthornError(
          'UNAVAILABLE',
          'there is no room: the disk, or the memory that the broker may use, is full',
        )
      }
      await this.wait((resume) => broker.whenRoom(resume))
    }
  }

  /** What waits is told why it is in vain, and so is what comes. */
  end(error: PosthornError): void {
    if (this.over !== null) return
    this.over = error
    for (const fail of [...this.waiting, ...this.ending]) fail(error)
  }

  check(): void {
    if (this.over !== null) throw this.over
  }

  private wait(begin: (done: () => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.over !== null) {
        reject(this.over)
        return
      }
      const fail = (error: Error) => {
        this.waiting.delete(fail)
        reject(error)
      }
      this.waiting.add(fail)
      begin(() => {
        this.waiting.delete(fail)
        resolve()
      })
    })
  }
}
