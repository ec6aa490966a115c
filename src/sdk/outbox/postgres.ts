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

/** What statements go through: a client of `pg`, or PGlite. */
export interface PostgresClient {
  query(text: string, values?: unknown[]): Promise<{ readonly rows: unknown[] }>
}

/** A pool of `pg`. */
export interface PostgresPool<Client extends PostgresClient> {
  connect(): Promise<Client & PooledClient>
}

interface PooledClient {
  release(error?: boolean): void
  on(event: 'error', listener: (error: Error) => void): unknown
  off(event: 'error', listener: (error: Error) => void): unknown
}

export interface PostgresOptions<Client extends PostgresClient> {
  /** Each transaction has a client of it. */
  readonly pool?: PostgresPool<Client>
  /** In place of a pool: one connection that nothing else uses, for one transaction at a time. */
  readonly client?: Client
  /** What goes before the names of the tables, `posthorn_` unless given. May name a schema: `app.posthorn_`. */
  readonly prefix?: string
}

/**
 * Inbox and outbox in PostgreSQL, over the application's own client.
 *
 * @example
 * ```ts
 * import pg from 'pg'
 * import { connect, postgresStore } from 'posthorn'
 *
 * const bus = await connect('amqp://localhost', { store: postgresStore({ pool: new pg.Pool() }) })
 * await bus.consume(orders, async (order, { tx }) => {
 *   await tx.query('insert into bills (order_id) values ($1)', [order.id])
 * }, { idempotent: true })
 * ```
 */
export function postgresStore<Client extends PostgresClient>(options: PostgresOptions<Client>): Store<Client> {
  const prefix = checkPrefix(options.prefix ?? TABLE_PREFIX)
  return new PostgresStore(runnerOf(options), prefix)
}

/** Gives a client to somebody for as long as `work` takes. */
type Runner<Client> = <T>(work: (client: Client) => Promise<T>) => Promise<T>

function runnerOf<Client extends PostgresClient>({ pool, client }: PostgresOptions<Client>): Runner<Client> {
  if (client !== undefined) {
    const turns = new Turns()
    return (work) => turns.take(() => work(client))
  }
  if (pool === undefined) throw new Error('postgresStore needs a pool, or a client')
  return async (work) => {
    const client = await pool.connect()
    // A connection that is lost says so here, too, and nobody else listens while it is out: that would end the process.
    client.on('error', heardElsewhere)
    try {
      return await work(client)
    } finally {
      client.off('error', heardElsewhere)
      client.release()
    }
  }
}

/** The statement under way, or the next one, fails with it. */
function heardElsewhere(): void {}

class PostgresStore<Client extends PostgresClient> implements Store<Client> {
  private readonly run: Runner<Client>
  private readonly inbox: string
  private readonly outbox: string
  /** The table of what was put aside. */
  private readonly aside: string

  constructor(run: Runner<Client>, prefix: string) {
    this.run = run
    this.inbox = `${prefix}inbox`
    this.outbox = `${prefix}outbox`
    this.aside = `${prefix}refused`
  }

  async prepare(): Promise<void> {
    await this.run(async (client) => {
      await client.query(
        `create table if not exists ${this.inbox} (
           consumer text not null, key text not null, until bigint not null, primary key (consumer, key))`,
      )
      await client.query(
        `create table if not exists ${this.outbox} (id bigint generated always as identity primary key, entry text not null)`,
      )
      await client.query(
        `create table if not exists ${this.aside} (
           id bigint primary key, entry text not null, reason text not null, at bigint not null)`,
      )
    })
  }

  transaction<T>(work: (tx: Client) => Promise<T>): Promise<T> {
    return this.run(async (client) => {
      await client.query('begin')
      try {
        const result = await work(client)
        await client.query('commit')
        return result
      } catch (error) {
        // What can't be rolled back was lost with its connection, and that was the reason.
        await client.query('rollback').catch(() => {})
        throw error
      }
    })
  }

  async remember(tx: Client, { consumer, key, until }: InboxKey, now: number): Promise<boolean> {
    const { rows } = await tx.query(
      `insert into ${this.inbox} as known (consumer, key, until) values ($1, $2, $3)
       on conflict (consumer, key) do update set until = excluded.until where known.until <= $4 returning 1`,
      [consumer, key, until, now],
    )
    return rows.length === 1
  }

  async forget(now: number): Promise<void> {
    await this.run((client) => client.query(`delete from ${this.inbox} where until <= $1`, [now]))
  }

  async add(tx: Client, entries: readonly OutboxEntry[]): Promise<void> {
    const values = entries.map((_, at) => `($${at + 1})`).join(', ')
    await tx.query(`insert into ${this.outbox} (entry) values ${values}`, entries.map(entryText))
  }

  relay(most: number, send: (entries: readonly OutboxEntry[]) => Promise<readonly Refusal[]>): Promise<number> {
    return this.transaction(async (client) => {
      const { rows } = await client.query(
        `select id, entry from ${this.outbox} order by id limit $1 for update skip locked`,
        [most],
      )
      if (rows.length === 0) return 0
      const found = rows as { id: string; entry: string }[]
      for (const { index, reason, at } of await send(found.map(({ entry }) => entryOf(entry)))) {
        const { id, entry } = found[index]!
        await client.query(`insert into ${this.aside} values ($1, $2, $3, $4)`, [id, entry, reason, at])
      }
      await client.query(`delete from ${this.outbox} where id = any($1::bigint[])`, [found.map(({ id }) => id)])
      return found.length
    })
  }

  async refused(): Promise<readonly RefusedEntry[]> {
    const { rows } = await this.run((client) => client.query(`select * from ${this.aside} order by id`))
    return (rows as RefusedRow[]).map(refusedOf)
  }

  retry(id: string): Promise<boolean> {
    return this.changes(
      `with gone as (delete from ${this.aside} where id = $1 returning entry)
       insert into ${this.outbox} (entry) select entry from gone returning 1`,
      id,
    )
  }

  discard(id: string): Promise<boolean> {
    return this.changes(`delete from ${this.aside} where id = $1 returning 1`, id)
  }

  private async changes(sql: string, id: string): Promise<boolean> {
    if (!/^\d+$/.test(id)) return false
    const { rows } = await this.run((client) => client.query(sql, [id]))
    return rows.length === 1
  }
}
