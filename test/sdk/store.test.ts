import { after } from 'node:test'
import { PGlite } from '@electric-sql/pglite'
import sqlite from 'node-sqlite3-wasm'
import { postgresStore } from '../../src/sdk/outbox/postgres.ts'
import { sqliteStore } from '../../src/sdk/outbox/sqlite.ts'
import { type Database, storeCases } from './store-cases.ts'

/** PostgreSQL takes seconds to start here: tests share one, and have tables of their own. */
let shared: Promise<PGlite> | null = null
after(async () => (await shared)?.close())
let tables = 0

const DATABASES: Readonly<Record<string, () => Promise<Database>>> = {
  PostgreSQL: async () => {
    shared ??= PGlite.create()
    const client = await shared
    const table = `bills${++tables}`
    await client.query(`create table ${table} (id text)`)
    return {
      store: postgresStore({ client, prefix: `t${tables}_` }),
      write: async (tx, id) => void (await (tx as PGlite).query(`insert into ${table} values ($1)`, [id])),
      bills: async () => (await client.query<Bill>(`select id from ${table} order by id`)).rows.map(({ id }) => id),
      close: async () => {},
    }
  },
  SQLite: async () => {
    const database = new sqlite.Database(':memory:')
    database.run('create table bills (id text)')
    return {
      store: sqliteStore(database),
      write: async (tx, id) => void (tx as typeof database).run('insert into bills values (?)', [id]),
      bills: async () => database.all('select id from bills order by id').map((row) => String(row.id)),
      close: async () => database.close(),
    }
  },
}

interface Bill {
  readonly id: string
}

for (const [name, open] of Object.entries(DATABASES)) storeCases(name, open)
