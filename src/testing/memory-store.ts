import type { InboxKey } from '../sdk/engine.ts'
import type { OutboxEntry, Refusal, RefusedEntry, Store } from '../sdk/outbox/store.ts'
import { Turns } from '../sdk/outbox/turns.ts'

/** A transaction of a store in memory: what it will change when it is committed. */
export interface MemoryTransaction {
  /** Rows that the application adds; see `MemoryStore.rows`. */
  readonly rows: unknown[]
  readonly keys: Map<string, number>
  readonly entries: OutboxEntry[]
  /** Resolves when it is committed or rolled back. */
  readonly over: Promise<void>
}

/** Inbox, outbox and a table in memory, for tests that need no database. Transactions wait for each other only where they note the same key. */
export class MemoryStore implements Store<MemoryTransaction> {
  /** What transactions that were committed have added. */
  readonly rows: unknown[] = []
  private readonly known = new Map<string, number>()
  private entries: OutboxEntry[] = []
  private aside: RefusedEntry[] = []
  private refusals = 0
  /** Keys that transactions have noted which are not over. */
  private readonly noted = new Map<string, Promise<void>>()
  private readonly relaying = new Turns()

  async prepare(): Promise<void> {}

  async transaction<T>(work: (tx: MemoryTransaction) => Promise<T>): Promise<T> {
    let end = () => {}
    const over = new Promise<void>((resolve) => {
      end = resolve
    })
    const tx: MemoryTransaction = { rows: [], keys: new Map(), entries: [], over }
    try {
      const result = await work(tx)
      this.rows.push(...tx.rows)
      this.entries.push(...tx.entries)
      for (const [name, until] of tx.keys) this.known.set(name, until)
      return result
    } finally {
      for (const name of tx.keys.keys()) this.noted.delete(name)
      end()
    }
  }

  async remember(tx: MemoryTransaction, { consumer, key, until }: InboxKey, now: number): Promise<boolean> {
    const name = `${consumer}/${key}`
    if (tx.keys.has(name)) return false
    for (let other = this.noted.get(name); other !== undefined; other = this.noted.get(name)) await other
    const known = this.known.get(name)
    if (known !== undefined && known > now) return false
    tx.keys.set(name, until)
    this.noted.set(name, tx.over)
    return true
  }

  async forget(now: number): Promise<void> {
    for (const [name, until] of this.known) if (until <= now) this.known.delete(name)
  }

  async add(tx: MemoryTransaction, entries: readonly OutboxEntry[]): Promise<void> {
    tx.entries.push(...entries)
  }

  relay(most: number, send: (entries: readonly OutboxEntry[]) => Promise<readonly Refusal[]>): Promise<number> {
    return this.relaying.take(async () => {
      const found = this.entries.slice(0, most)
      if (found.length > 0) {
        for (const { index, reason, at } of await send(found))
          this.aside.push({ id: String(++this.refusals), entry: found[index]!, reason, at: new Date(at) })
      }
      this.entries = this.entries.slice(found.length)
      return found.length
    })
  }

  async refused(): Promise<readonly RefusedEntry[]> {
    return this.aside
  }

  async retry(id: string): Promise<boolean> {
    const found = this.aside.find((one) => one.id === id)
    if (found !== undefined) this.entries.push(found.entry)
    return this.discard(id)
  }

  async discard(id: string): Promise<boolean> {
    const { aside } = this
    this.aside = aside.filter((one) => one.id !== id)
    return this.aside.length < aside.length
  }
}
