import type { Exchange } from '../../core/exchange/exchange.ts'
import type { MessageContract } from '../../core/queue/contract.ts'
import type { Queue } from '../../core/queue/queue.ts'
import type { SchemaEntry } from '../../core/subject/subject.ts'
import { Tally } from './tally.ts'
import type { TopicWithContract } from './topic-contract.ts'
import { Validators } from './validators.ts'

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
  /** All topics that clients see. */
  topics: ReadonlyMap<string, TopicWithContract> = new Map()
  private readonly tallies = new WeakMap<Queue | Exchange | TopicWithContract, Tally>()

  /** What came of the contract of a queue, an exchange or a topic; undefined if it was never asked. */
  known(of: Queue | Exchange | TopicWithContract): Tally | undefined {
    return this.tallies.get(of)
  }

  tally(of: Queue | Exchange | TopicWithContract): Tally {
    let found = this.tallies.get(of)
    if (found === undefined) this.tallies.set(of, (found = new Tally()))
    return found
  }
}
