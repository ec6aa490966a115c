import type { InboxKey } from '../sdk/engine.ts'
import type { OutboxEntry, Store } from '../sdk/outbox/store.ts'
import { Turns } from '../sdk/outbox/turns.ts'

/** A transaction of a store in memory: what it will change when it is committed. */
export interface MemoryTransaction {
  /** Rows that the application adds; see `MemoryStore.rows`. */
  readonly rows: unknown[]
  readonly keys: Map<string, number>
  readonly entries: OutboxEntry[]
}

/** Inbox, outbox and a table in memory, with one transaction at a time: for tests that need no database. */
export class MemoryStore implements Store<MemoryTransaction> {
  /** What transactions that were committed have added. */
  readonly rows: unknown[] = []
  private readonly known = new Map<string, number>()
  private entries: OutboxEntry[] = []
  private readonly turns = new Turns()
  private readonly relaying = new Turns()

  async prepare(): Promise<void> {}

  transaction<T>(work: (tx: MemoryTransaction) => Promise<T>): Promise<T> {
    return this.turns.take(async () => {
      const tx: MemoryTransaction = { rows: [], keys: new Map(), entries: [] }
      const result = await work(tx)
      this.rows.push(...tx.rows)
      this.entries.push(...tx.entries)
      for (const [name, until] of tx.keys) this.known.set(name, until)
      return result
    })
  }

  async remember(tx: MemoryTransaction, { consumer, key, until }: InboxKey, now: number): Promise<boolean> {
    const name = `${consumer}/${key}`
    const known = this.known.get(name)
    if (known !== undefined && known > now) return false
    tx.keys.set(name, until)
    return true
  }

  async forget(now: number): Promise<void> {
    for (const [name, until] of this.known) if (until <= now) this.known.delete(name)
  }

  async add(tx: MemoryTransaction, entries: readonly OutboxEntry[]): Promise<void> {
    tx.entries.push(...entries)
  }

  relay(most: number, send: (entries: readonly OutboxEntry[]) => Promise<void>): Promise<number> {
    return this.relaying.take(async () => {
      const found = this.entries.slice(0, most)
      if (found.length > 0) await send(found)
      this.entries = this.entries.slice(found.length)
      return found.length
    })
  }
}
