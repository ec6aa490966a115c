import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { PGlite } from '@electric-sql/pglite'
import sqlite from 'node-sqlite3-wasm'
import { postgresStore } from './postgres.ts'
import { sqliteStore } from './sqlite.ts'
import type { OutboxEntry, Store } from './store.ts'

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

interface Database {
  readonly store: Store<unknown>
  readonly write: (tx: unknown, id: string) => Promise<void>
  readonly bills: () => Promise<string[]>
  readonly close: () => Promise<void>
}

const KEY = { consumer: 'orders', key: 'm-1', until: 1000 }

const ENTRY: OutboxEntry = {
  kind: 'message',
  message: {
    to: 'queue',
    address: 'orders',
    body: new Uint8Array([0, 255, 10]),
    headers: { city: 'Zürich' },
    key: 'k',
    notBefore: 5,
    expiresAt: null,
    priority: 4,
  },
}
const TOMBSTONE: OutboxEntry = {
  kind: 'record',
  record: { topic: 'prices', key: 'k', body: null, headers: {}, partition: null, timestamp: 7 },
}

for (const [name, open] of Object.entries(DATABASES)) {
  const run = (sentence: string, body: (database: Database) => Promise<void>) =>
    test(`${name}: ${sentence}`, async () => {
      const database = await open()
      await database.store.prepare()
      await database.store.prepare()
      try {
        await body(database)
      } finally {
        await database.close()
      }
    })

  run('a key is new once, until its window is over', async ({ store }) => {
    const remember = (now: number) => store.transaction((tx) => store.remember(tx, { ...KEY, until: now + 1000 }, now))
    assert.equal(await remember(0), true)
    assert.equal(await remember(500), false)
    assert.equal(await remember(1000), true)
    assert.equal(await remember(1500), false)
  })

  run('a key of a transaction that is rolled back is not known, nor what it wrote', async ({ store, write, bills }) => {
    const failing = store.transaction(async (tx) => {
      assert.equal(await store.remember(tx, KEY, 0), true)
      await write(tx, 'b-1')
      await store.add(tx, [ENTRY])
      throw new Error('no')
    })
    await assert.rejects(failing, /no/)
    assert.deepEqual(await bills(), [])
    assert.equal(await store.relay(10, async () => assert.fail('nothing is sent')), 0)
    assert.equal(await store.transaction((tx) => store.remember(tx, KEY, 0)), true)
  })

  run('keys are told apart by their consumer', async ({ store }) => {
    assert.equal(await store.transaction((tx) => store.remember(tx, KEY, 0)), true)
    assert.equal(await store.transaction((tx) => store.remember(tx, { ...KEY, consumer: 'bills' }, 0)), true)
  })

  run('keys whose window is over are thrown away', async ({ store }) => {
    await store.transaction((tx) => store.remember(tx, KEY, 0))
    await store.forget(999)
    assert.equal(await store.transaction((tx) => store.remember(tx, KEY, 0)), false)
    await store.forget(1000)
    assert.equal(await store.transaction((tx) => store.remember(tx, KEY, 0)), true)
  })

  run('entries come out as they went in, oldest first, and once', async ({ store }) => {
    await store.transaction((tx) => store.add(tx, [ENTRY, TOMBSTONE]))
    await store.transaction((tx) => store.add(tx, [ENTRY]))
    const sent: OutboxEntry[][] = []
    const send = async (entries: readonly OutboxEntry[]) => void sent.push([...entries])
    assert.equal(await store.relay(2, send), 2)
    assert.equal(await store.relay(2, send), 1)
    assert.equal(await store.relay(2, send), 0)
    assert.deepEqual(sent, [[ENTRY, TOMBSTONE], [ENTRY]])
  })

  run('entries that could not be sent stay', async ({ store }) => {
    await store.transaction((tx) => store.add(tx, [ENTRY]))
    const failing = store.relay(10, async () => {
      throw new Error('no broker')
    })
    await assert.rejects(failing, /no broker/)
    assert.equal(await store.relay(10, async () => {}), 1)
  })

  run('transactions that are asked for at once come one after the other', async ({ store, write, bills }) => {
    await Promise.all(['a', 'b', 'c'].map((id) => store.transaction((tx) => write(tx, id))))
    assert.deepEqual(await bills(), ['a', 'b', 'c'])
  })
}
