import type { DeadLetterEntry, DeadLetterStore, IncomingRecord, OutgoingMessage } from '../../sdk/engine.ts'
import { PosthornError } from '../../sdk/posthorn-error.ts'
import { deadLettersOf, FAILURE, KEY } from '../../sdk/wire-names.ts'
import { Backoff } from './client/backoff.ts'
import { failureOf, isUnanswered, passes, toPosthornError } from './client/errors.ts'
import { listOffsets } from './client/offsets.ts'
import { Transactor } from './client/transactor.ts'
import { deadLetterRecord } from './dead-letter-record.ts'
import type { Ground } from './ground.ts'
import { readOnce } from './read-once.ts'

/** What is known of the dead letters is read anew when it is older: the word that an entry is gone is kept for a day only. */
const LONGEST_AGE_MS = 3_600_000

/** Another one takes entries of this queue, too. */
const OVERTAKEN = ['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED', 'INVALID_TXN_STATE', 'INVALID_PRODUCER_ID_MAPPING']

/**
 * Dead letters are the records of a compacted topic, by a key of their own; one that is taken out is followed by a record of its key without a
 * value. An entry's id is its offset, which stays.
 */
export class KafkaDeadLetters implements DeadLetterStore {
  private readonly ground: Ground
  private readonly shelves = new Map<string, Shelf>()

  constructor(ground: Ground) {
    this.ground = ground
  }

  async count(queue: string): Promise<number> {
    const shelf = this.of(queue)
    await shelf.refresh()
    return shelf.entries.size
  }

  async browse(queue: string, after: string | null, limit: number): Promise<readonly DeadLetterEntry[]> {
    const shelf = this.of(queue)
    await shelf.refresh()
    const from = after === null ? 0 : Number(after) + 1
    const offsets: number[] = []
    for (const offset of shelf.entries.keys()) {
      if (offset >= from) offsets.push(offset)
      if (offsets.length === limit) break
    }
    return shelf.read(offsets)
  }

  async read(queue: string, id: string): Promise<DeadLetterEntry | null> {
    const shelf = this.of(queue)
    await shelf.refresh()
    const offset = Number(id)
    const [entry = null] = shelf.entries.has(offset) ? await shelf.read([offset]) : []
    return entry
  }

  take(queue: string, id: string, message: OutgoingMessage | null): Promise<boolean> {
    return this.of(queue).take(Number(id), message)
  }

  private of(queue: string): Shelf {
    const known = this.shelves.get(queue)
    if (known !== undefined) return known
    const shelf = new Shelf(this.ground, queue)
    this.shelves.set(queue, shelf)
    return shelf
  }
}

/** The dead letters of one queue: which there are is known, what they are is read when somebody asks. */
class Shelf {
  /** Keys by the offsets of the entries, oldest first. */
  readonly entries = new Map<number, string>()
  private readonly offsets = new Map<string, number>()
  private readonly ground: Ground
  private readonly queue: string
  private readonly topic: string
  private next = 0
  private readAt = 0
  private refreshing: Promise<void> | null = null
  private taking: Promise<unknown> = Promise.resolve()
  private transactor: Transactor | null = null

  constructor(ground: Ground, queue: string) {
    this.ground = ground
    this.queue = queue
    this.topic = deadLettersOf(queue)
  }

  /** Reads what has come since the last time. */
  async refresh(): Promise<void> {
    // One that is under way may have begun before what is asked for was stored.
    while (this.refreshing !== null) await this.refreshing
    const run = this.readOn()
    this.refreshing = run.then(
      () => {},
      () => {},
    )
    await run
    this.refreshing = null
  }

  read(offsets: readonly number[]): Promise<DeadLetterEntry[]> {
    const wanted = new Set(offsets)
    const last = offsets.at(-1) ?? -1
    const entries: DeadLetterEntry[] = []
    return readOnce(this.ground, this.topic, offsets[0] ?? 0, last + 1, (record) => {
      if (wanted.has(record.offset)) entries.push(entryOf(record))
      return record.offset < last
    }).then(() => entries)
  }

  /** One after the other in this process. */
  take(offset: number, message: OutgoingMessage | null): Promise<boolean> {
    const taken = this.taking.then(() => this.takeNow(offset, message))
    this.taking = taken.catch(() => {})
    return taken
  }

  /**
   * Whoever takes an entry writes under the one transactional id of the queue: if another process begins to take entries meanwhile the transaction fails, and
   * it is looked anew whether the entry is there. So no entry is taken twice.
   */
  private async takeNow(offset: number, message: OutgoingMessage | null): Promise<boolean> {
    const { cluster, routes, clock } = this.ground
    const until = Date.now() + cluster.options.patienceMs
    const backoff = new Backoff()
    for (;;) {
      try {
        if (this.transactor === null) {
          const transactor = new Transactor(cluster, cluster.openLane(), `posthorn-${this.topic}`)
          await transactor.begin()
          this.transactor = transactor
        }
        await this.refresh()
        const key = this.entries.get(offset)
        if (key === undefined) return false
        const tombstone = deadLetterRecord(this.queue, key, null, {}, clock.now())
        const records = [tombstone, ...(await routes.all(message === null ? [] : [message], []))]
        await this.transactor.run({ records, progress: null })
        this.forget(key)
        return true
      } catch (error) {
        const what = `taking a dead letter of queue '${this.queue}'`
        if (cluster.closed) throw new PosthornError('CLOSED', `${what}: the engine is closed`, { cause: error })
        this.transactor = null
        const { codes } = failureOf(error)
        const again = OVERTAKEN.some((code) => codes.has(code)) || isUnanswered(error) || passes(error)
        if (!again || Date.now() > until) throw toPosthornError(error, what)
      }
      await backoff.pause()
    }
  }

  private async readOn(): Promise<void> {
    const now = this.ground.clock.now()
    if (now - this.readAt > LONGEST_AGE_MS) {
      this.entries.clear()
      this.offsets.clear()
      this.next = 0
    }
    this.readAt = now
    const { cluster } = this.ground
    const [end] = await listOffsets(cluster, this.topic, [0], 'latest')
    if (end! <= this.next) return
    await readOnce(this.ground, this.topic, this.next, end!, (record) => {
      this.note(record)
      return true
    })
    this.next = Math.max(this.next, end!)
  }

  private note({ offset, key, body }: IncomingRecord): void {
    if (key === null) return
    this.forget(key)
    if (body === null) return
    this.entries.set(offset, key)
    this.offsets.set(key, offset)
  }

  private forget(key: string): void {
    const offset = this.offsets.get(key)
    if (offset === undefined) return
    this.offsets.delete(key)
    this.entries.delete(offset)
  }
}

function entryOf({ offset, body, headers: all }: IncomingRecord): DeadLetterEntry {
  const { [KEY]: key = null, ...headers } = all
  return { id: String(offset), body: body ?? new Uint8Array(0), headers, key, at: diedAt(all[FAILURE]) }
}

function diedAt(failure = '{}'): number | null {
  try {
    return JSON.parse(failure).lastFailedAt ?? null
  } catch {
    return null
  }
}
