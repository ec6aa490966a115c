import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OutboxEntry, Store } from '../../src/sdk/outbox/store.ts'

/** A database with a store, and a table of the application's in it. */
export interface Database {
  readonly store: Store<unknown>
  readonly write: (tx: unknown, id: string) => Promise<void>
  readonly bills: () => Promise<string[]>
  readonly close: () => Promise<void>
}

export const KEY = { consumer: 'orders', key: 'm-1', until: 1000 }

export const ENTRY: OutboxEntry = {
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

/** Registers what holds for inbox and outbox in every database. */
export function storeCases(name: string, open: () => Promise<Database>): void {
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
    const send = async (entries: readonly OutboxEntry[]) => {
      sent.push([...entries])
      return []
    }
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
    assert.equal(await store.relay(10, async () => []), 1)
  })

  run(
    'an entry that is refused is put aside with the reason, and can be sent again or forgotten',
    async ({ store }) => {
      await store.transaction((tx) => store.add(tx, [TOMBSTONE, ENTRY, TOMBSTONE]))
      const refuse = (reason: string) => async () => [
        { index: 0, reason, at: 7 },
        { index: 2, reason, at: 8 },
      ]
      assert.equal(await store.relay(10, refuse('too large')), 3)
      const [first, second] = await store.refused()
      assert.deepEqual(
        [first, second].map((one) => [one?.entry, one?.reason, one?.at.getTime()]),
        [
          [TOMBSTONE, 'too large', 7],
          [TOMBSTONE, 'too large', 8],
        ],
      )
      assert.equal(await store.relay(10, async () => assert.fail('nothing is left to be sent')), 0)
      assert.equal(await store.retry(first!.id), true)
      assert.equal(await store.retry(first!.id), false)
      assert.equal(await store.discard(second!.id), true)
      assert.equal(await store.discard(second!.id), false)
      assert.equal(await store.discard('none'), false)
      assert.deepEqual(await store.refused(), [])
      assert.equal(await store.relay(10, async (entries) => assert.deepEqual(entries, [TOMBSTONE]) ?? []), 1)
    },
  )

  run('transactions that are asked for at once come one after the other', async ({ store, write, bills }) => {
    await Promise.all(['a', 'b', 'c'].map((id) => store.transaction((tx) => write(tx, id))))
    assert.deepEqual(await bills(), ['a', 'b', 'c'])
  })
}
