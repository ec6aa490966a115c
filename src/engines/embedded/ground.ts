import type { Broker } from '../../broker/broker.ts'
import type { VHost } from '../../broker/vhost.ts'
import type { MaybeLater } from '../../sdk/later.ts'
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
  /** What resolves when this turn is durable, and how it is told; null if nobody has asked yet. */
  private turn: Promise<void> | null = null
  private turnIsDurable: (() => void) | null = null
  /** Called once, when nothing works any more. */
  readonly ending = new Set<(error: PosthornError) => void>()

  constructor(broker: Broker, nouns: Nouns, log: Log) {
    this.broker = broker
    this.nouns = nouns
    this.log = log
    broker.turn.stages.push(this.endTurn)
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

  /** Resolves when everything that is done in this turn is durable: all who ask in one turn have one promise. */
  durable(): Promise<void> {
    this.turn ??= this.wait((done) => {
      this.turnIsDurable = done
      this.broker.turn.touch()
    })
    return this.turn
  }

  /** Resolves when the journal is durable up to there. */
  durableAt(position: number): Promise<void> {
    return this.wait((done) => this.broker.turn.hold(position, { release: done }))
  }

  /** Does something that needs room in the logs, at once or as soon as there is some: `attempt` returns NO_ROOM until then. */
  act<T>(attempt: () => T | typeof NO_ROOM): MaybeLater<T> {
    this.check()
    const done = attempt()
    return done === NO_ROOM ? this.insist(attempt) : done
  }

  private async insist<T>(attempt: () => T | typeof NO_ROOM): Promise<T> {
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

  /** The last stage of a turn: all its facts are in the journal, unless there was no room for them. */
  private readonly endTurn = (): void => {
    const { turnIsDurable, broker } = this
    if (turnIsDurable === null || broker.store.postponed) return
    this.turn = null
    this.turnIsDurable = null
    broker.turn.hold(broker.store.journal.tail, { release: turnIsDurable })
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
