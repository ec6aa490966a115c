import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type pg from 'pg'
import { postgresStore } from '../../src/sdk/outbox/postgres.ts'
import type { OutboxEntry } from '../../src/sdk/outbox/store.ts'
import { gate } from '../../src/testing/conformance/mailbox.ts'
import { ENTRY, KEY, storeCases } from '../sdk/store-cases.ts'
import { missingPostgres, PostgresServer } from './postgres-server.ts'
import { succeed } from './script.ts'
import { controlled } from './target.ts'

suite('a PostgreSQL server', { skip: controlled || missingPostgres(), timeout: 120_000 }, () => {
  const server = new PostgresServer()
  before(() => server.start())
  after(() => server.stop())

  storeCases('over a pool of clients', async () => {
    const pool = await server.pool()
    await pool.query('create table bills (id text)')
    return {
      store: postgresStore({ pool }),
      write: async (tx, id) => void (await (tx as pg.PoolClient).query('insert into bills values ($1)', [id])),
      bills: async () =>
        (await pool.query<{ id: string }>('select id from bills order by id')).rows.map(({ id }) => id),
      close: () => pool.end(),
    }
  })

  const withStore = async (run: (store: ReturnType<typeof postgresStore<pg.PoolClient>>) => Promise<void>) => {
    const pool = await server.pool()
    const store = postgresStore<pg.PoolClient>({ pool })
    try {
      await store.prepare()
      await run(store)
    } finally {
      await pool.end()
    }
  }

  for (const commits of [true, false]) {
    const known = commits ? 'known, if that one commits' : 'new, if that one is rolled back'
    test(`who notes a key that another transaction has noted waits for it: the key is ${known}`, () =>
      withStore(async (store) => {
        const [noted, end] = [gate(), gate()]
        const first = store.transaction(async (tx) => {
          assert.equal(await store.remember(tx, KEY, 0), true)
          noted.open()
          await end.opened
          if (!commits) throw new Error('no')
        })
        await noted.opened
        const second = store.transaction((tx) => store.remember(tx, KEY, 0))
        end.open()
        if (commits) await first
        else await assert.rejects(first, /no/)
        assert.equal(await second, !commits)
      }))
  }

  test('of two processes that look into the outbox at once each sends its own entries', () =>
    withStore(async (store) => {
      await store.transaction((tx) => store.add(tx, [ENTRY, ENTRY, ENTRY]))
      const [first, end] = [gate(), gate()]
      const sizes: number[] = []
      const send = async (entries: readonly OutboxEntry[]) => {
        sizes.push(entries.length)
        return []
      }
      const sending = store.relay(2, async (entries) => {
        first.open()
        await end.opened
        return send(entries)
      })
      await first.opened
      assert.equal(await store.relay(10, send), 1)
      end.open()
      assert.equal(await sending, 2)
      assert.deepEqual(sizes, [1, 2])
      assert.equal(await store.relay(10, async () => assert.fail('all are sent')), 0)
    }))

  test('a connection that is lost in a transaction fails that one, and nothing else', () =>
    withStore(async (store) => {
      const ending = store.transaction((tx) => tx.query('select pg_terminate_backend(pg_backend_pid())'))
      await assert.rejects(ending, /terminat/)
      assert.equal(await store.transaction((tx) => store.remember(tx, KEY, 0)), true)
    }))

  test('the example of orders with an outbox bills each once', async () => {
    const out = await succeed(process.execPath, ['examples/orders-outbox.mjs'], { env: await server.database() })
    assert.match(out, /^PostgreSQL \d+/)
    assert.match(out, /billed o-1: 12\nbilled o-2: 30\ne-mail: order o-1: 12\ne-mail: order o-2: 30/)
  })
})
