import type { Exchange } from '../../core/exchange/exchange.ts'
import type { MessageContract } from '../../core/queue/contract.ts'
import type { SchemaEntry } from '../../core/subject/subject.ts'
import { Validators } from './validators.ts'

/** Places whose counts are kept. */
const MOST_TALLIES = 10_000

/** What a contract came to at one queue, exchange or topic since the broker started. */
export interface Tally {
  /** `queue NAME in VHOST`, `exchange NAME in VHOST` or `topic NAME`. */
  readonly place: string
  /** Messages or records that broke it and were taken. */
  warned: number
  /** Those that were refused, and of these what went to a dead-letter exchange or was dropped without a word to its publisher. */
  refused: number
  buried: number
  dropped: number
  /** When the operator heard of it last. */
  toldAt: number
}

/** Answers of the registry that are remembered until it changes. */
const MOST_ANSWERS = 10_000

/** What the registry said, for as long as it says so. */
class Answers {
  /** The schema of a subject, or why there is none. */
  readonly schemas = new Map<string, SchemaEntry | string>()
  /** Whether a schema is registered under a subject: the last answer. */
  entry: SchemaEntry | null = null
  subject = ''
  isUnder = false
  private position = -1

  /** Forgets all of it if the registry has changed since: `position` is that of its last change. */
  at(position: number): this {
    if (position !== this.position || this.schemas.size > MOST_ANSWERS) {
      this.position = position
      this.schemas.clear()
      this.entry = null
    }
    return this
  }
}

/** The contracts that hold in a broker, and what they came to. */
export class Contracts {
  readonly validators = new Validators()
  readonly answers = new Answers()
  /** Those of exchanges; a queue's and a topic's are among their settings. */
  readonly exchanges = new WeakMap<Exchange, MessageContract>()
  /** Subjects by whose schemas bodies are checked. */
  readonly subjects = new Set<string>()
  /** Schemas whose validators are being made because a message waits for them. */
  readonly making = new Set<SchemaEntry>()
  /** Whether any queue or exchange ever had one: before that no message is asked for any. */
  any = false
  private readonly tallies = new Map<string, Tally>()

  tally(place: string): Tally {
    let found = this.tallies.get(place)
    if (found !== undefined) return found
    if (this.tallies.size >= MOST_TALLIES) {
      const [oldest] = this.tallies.keys()
      this.tallies.delete(oldest!)
    }
    found = { place, warned: 0, refused: 0, buried: 0, dropped: 0, toldAt: Number.NEGATIVE_INFINITY }
    this.tallies.set(place, found)
    return found
  }

  all(): readonly Tally[] {
    return [...this.tallies.values()]
  }
}
