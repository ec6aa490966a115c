import type { InboxKey, OutgoingMessage, OutgoingRecord } from '../engine.ts'

/** Something that is to be sent once the transaction is committed that it was written in. */
export type OutboxEntry =
  | { readonly kind: 'message'; readonly message: OutgoingMessage }
  | { readonly kind: 'record'; readonly record: OutgoingRecord }

/** Remembers what was handled, in the application's database. `Tx` is what statements of a transaction go through. */
export interface Inbox<Tx> {
  /**
   * Notes a key as part of the transaction. False if it is known already and `now` is before its end; waits, or fails, while another transaction has
   * noted it and is not over.
   */
  remember(tx: Tx, key: InboxKey, now: number): Promise<boolean>
  /** Forgets keys that ended before `now`. */
  forget(now: number): Promise<void>
}

/** Of an entry that the broker refuses for good. */
export interface Refusal {
  /** Which of the entries that were handed out. */
  readonly index: number
  readonly reason: string
  /** When, in milliseconds since 1970. */
  readonly at: number
}

/** An entry that was put aside, so that those behind it go out. */
export interface RefusedEntry {
  readonly id: string
  readonly entry: OutboxEntry
  readonly reason: string
  readonly at: Date
}

/** Keeps what is to be sent, in the application's database. */
export interface Outbox<Tx> {
  /** Writes entries as part of the transaction. */
  add(tx: Tx, entries: readonly OutboxEntry[]): Promise<void>
  /**
   * Hands the oldest entries, `most` at most, to `send`, and deletes them when that has resolved, but puts aside those that it says are refused; entries
   * that somebody else is at work on are left out. Returns how many they were.
   */
  relay(most: number, send: (entries: readonly OutboxEntry[]) => Promise<readonly Refusal[]>): Promise<number>
  /** The entries that were put aside, oldest first. */
  refused(): Promise<readonly RefusedEntry[]>
  /** Writes such an entry to the outbox again, behind the others. False if it is gone. */
  retry(id: string): Promise<boolean>
  /** Forgets such an entry. False if it is gone. */
  discard(id: string): Promise<boolean>
}

/** Inbox and outbox in one database: what makes each effect happen once on an engine that can't do it alone. */
export interface Store<Tx = unknown> extends Inbox<Tx>, Outbox<Tx> {
  /** Makes the tables if they are not there. Called once. */
  prepare(): Promise<void>
  /** Runs `work` in a transaction: committed when it resolves, rolled back when it rejects. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>
}

/** An entry as text, for a column of a table. */
export function entryText(entry: OutboxEntry): string {
  const what = entry.kind === 'message' ? entry.message : entry.record
  const body = what.body === null ? null : Buffer.from(what.body).toString('base64')
  return JSON.stringify({ kind: entry.kind, what: { ...what, body } })
}

export function entryOf(text: string): OutboxEntry {
  const { kind, what } = JSON.parse(text)
  const body = what.body === null ? null : new Uint8Array(Buffer.from(what.body, 'base64'))
  return kind === 'message' ? { kind, message: { ...what, body } } : { kind, record: { ...what, body } }
}

/** A row of the table of what was put aside; databases give whole numbers as text, number or bigint. */
export interface RefusedRow {
  readonly id: string | number | bigint
  readonly entry: string
  readonly reason: string
  readonly at: string | number | bigint
}

export function refusedOf({ id, entry, reason, at }: RefusedRow): RefusedEntry {
  return { id: String(id), entry: entryOf(entry), reason, at: new Date(Number(at)) }
}

/** What goes before the names of the tables. */
export const TABLE_PREFIX = 'posthorn_'

/** @throws Error unless the prefix can be part of a name without quotes */
export function checkPrefix(prefix: string): string {
  if (/^[a-z_][a-z0-9_.]{0,40}$/i.test(prefix)) return prefix
  throw new Error(`the prefix '${prefix}' can't be part of a table's name`)
}
