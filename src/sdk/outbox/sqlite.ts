import type { InboxKey } from '../engine.ts'
import {
  checkPrefix,
  entryOf,
  entryText,
  type OutboxEntry,
  type Refusal,
  type RefusedEntry,
  type RefusedRow,
  refusedOf,
  type Store,
  TABLE_PREFIX,
} from './store.ts'
import { Turns } from './turns.ts'

/** A prepared statement of better-sqlite3 and node:sqlite. */
interface PreparedStatement {
  run(...values: unknown[]): unknown
  all(...values: unknown[]): unknown[]
}

/** A connection of better-sqlite3 or node:sqlite. */
export interface PreparingDatabase {
  prepare(sql: string): PreparedStatement
}

/** A connection of node-sqlite3-wasm. */
export interface DirectDatabase {
  run(sql: string, values?: unknown[]): unknown
  all(sql: string, values?: unknown[]): unknown[]
}

export type SqliteDatabase = PreparingDatabase | DirectDatabase

export interface SqliteOptions {
  /** What goes before the names of the tables, `posthorn_` unless given. */
  readonly prefix?: string
}

/**
 * Inbox and outbox in SQLite, over a connection that nothing else uses: it has one transaction at a time, the handler's.
 *
 * With node-sqlite3-wasm set `locking_mode = exclusive` and `journal_mode = wal` first: that library (0.8) never rolls back what a process that was killed
 * has left in a rollback journal, and the file is damaged then.
 *
 * @example
 * ```ts
 * import { DatabaseSync } from 'node:sqlite'
 * import { connect, sqliteStore } from 'posthorn'
 *
 * const bus = await connect('amqp://localhost', { store: sqliteStore(new DatabaseSync('app.db')) })
 * await bus.consume(orders, (order, { tx }) => {
 *   tx.prepare('insert into bills (order_id) values (?)').run(order.id)
 * }, { idempotent: true })
 * ```
 */
export function sqliteStore<Database extends SqliteDatabase>(
  database: Database,
  options: SqliteOptions = {},
): Store<Database> {
  const prefix = checkPrefix(options.prefix ?? TABLE_PREFIX)
  return new SqliteStore(database, prefix)
}

/** Rows of a statement, whichever library. A statement that changes something gives none unless it returns them. */
function rowsOf(database: SqliteDatabase, sql: string, values: unknown[]): unknown[] {
  // node-sqlite3-wasm has `prepare`, too, but its statements have to be finalized.
  if ('all' in database) return database.all(sql, values)
  return database.prepare(sql).all(...values)
}

function change(database: SqliteDatabase, sql: string, values: unknown[] = []): void {
  if ('all' in database) database.run(sql, values)
  else database.prepare(sql).run(...values)
}

class SqliteStore<Database extends SqliteDatabase> implements Store<Database> {
  private readonly database: Database
  private readonly inbox: string
  private readonly outbox: string
  /** The table of what was put aside. */
  private readonly aside: string
  private readonly turns = new Turns()

  constructor(database: Database, prefix: string) {
    this.database = database
    this.inbox = `${prefix}inbox`
    this.outbox = `${prefix}outbox`
    this.aside = `${prefix}refused`
  }

  async prepare(): Promise<void> {
    change(
      this.database,
      `create table if not exists ${this.inbox} (
         consumer text not null, key text not null, until integer not null, primary key (consumer, key)) without rowid`,
    )
    change(
      this.database,
      `create table if not exists ${this.outbox} (id integer primary key autoincrement, entry text not null)`,
    )
    change(
      this.database,
      `create table if not exists ${this.aside} (
         id integer primary key, entry text not null, reason text not null, at integer not null)`,
    )
  }

  transaction<T>(work: (tx: Database) => Promise<T>): Promise<T> {
    return this.turns.take(async () => {
      change(this.database, 'begin immediate')
      try {
        const result = await work(this.database)
        change(this.database, 'commit')
        return result
      } catch (error) {
        this.rollBack()
        throw error
      }
    })
  }

  /** After some errors SQLite has done so already, and says that there is nothing to roll back. */
  private rollBack(): void {
    try {
      change(this.database, 'rollback')
    } catch {}
  }

  async remember(tx: Database, { consumer, key, until }: InboxKey, now: number): Promise<boolean> {
    const sql = `insert into ${this.inbox} as known (consumer, key, until) values (?, ?, ?)
      on conflict (consumer, key) do update set until = excluded.until where known.until <= ? returning 1`
    return rowsOf(tx, sql, [consumer, key, until, now]).length === 1
  }

  async forget(now: number): Promise<void> {
    await this.transaction(async (tx) => change(tx, `delete from ${this.inbox} where until <= ?`, [now]))
  }

  async add(tx: Database, entries: readonly OutboxEntry[]): Promise<void> {
    for (const entry of entries) change(tx, `insert into ${this.outbox} (entry) values (?)`, [entryText(entry)])
  }

  /** The connection is not held while entries are on their way: handlers go on. */
  async relay(most: number, send: (entries: readonly OutboxEntry[]) => Promise<readonly Refusal[]>): Promise<number> {
    const sql = `select id, entry from ${this.outbox} order by id limit ?`
    const rows = (await this.turns.take(async () => rowsOf(this.database, sql, [most]))) as Row[]
    if (rows.length === 0) return 0
    const refusals = await send(rows.map(({ entry }) => entryOf(entry)))
    await this.transaction(async (tx) => {
      for (const { index, reason, at } of refusals) {
        const { id, entry } = rows[index]!
        change(tx, `insert into ${this.aside} values (?, ?, ?, ?)`, [id, entry, reason, at])
      }
      for (const { id } of rows) change(tx, `delete from ${this.outbox} where id = ?`, [id])
    })
    return rows.length
  }

  async refused(): Promise<readonly RefusedEntry[]> {
    const sql = `select * from ${this.aside} order by id`
    const rows = await this.turns.take(async () => rowsOf(this.database, sql, []))
    return (rows as RefusedRow[]).map(refusedOf)
  }

  retry(id: string): Promise<boolean> {
    return this.transaction(async (tx) => {
      const [row] = this.takeAside(tx, id)
      if (row === undefined) return false
      change(tx, `insert into ${this.outbox} (entry) values (?)`, [row.entry])
      return true
    })
  }

  discard(id: string): Promise<boolean> {
    return this.transaction(async (tx) => this.takeAside(tx, id).length === 1)
  }

  private takeAside(tx: Database, id: string): Row[] {
    return rowsOf(tx, `delete from ${this.aside} where id = ? returning id, entry`, [Number(id)]) as Row[]
  }
}

interface Row {
  readonly id: number
  readonly entry: string
}
