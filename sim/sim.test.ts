import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runSeed } from './run.ts'

/** The last one is there for the clients of a tenant that goes, which is rare in so short a time. */
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 20]

/** What has to happen in a simulation that is worth its time. */
const NEEDED = [
  'ring wraps',
  'tidyings',
  'checkpoints',
  'recoveries',
  'power losses',
  'disk torn',
  'disk lost names',
  'disk syncs beside',
  'net partial writes',
  'net split reads',
  'net resets',
  'states compared',
  'messages delivered',
  'messages requeued',
  'acknowledgements proven',
  'transactions committed',
  'records read',
  'offsets committed',
  'consumer assignments',
  'consumer commits',
  'records shared',
  'records accepted',
  'tenant commands done',
  'tenants recovered',
  'policies set',
  'queues purged',
  'queues deleted',
  'clients of tenants closed',
  'stream messages delivered',
  'stream records fetched',
  'stream transactions committed',
  'streams deleted',
  'passing stream messages read',
  'backups compared',
  'definitions loaded',
  'records refused by a contract',
  'records under a contract read',
]

test(`${SEEDS.length} simulated worlds keep every promise`, () => {
  const totals = new Map<string, number>()
  for (const seed of SEEDS) {
    const { error, counts } = runSeed(seed, 6000)
    if (error !== null) {
      error.message = `seed ${seed}: ${error.message}; again: npm run sim -- --seed ${seed} --events 6000 --story 100`
      throw error
    }
    for (const [name, n] of counts) totals.set(name, (totals.get(name) ?? 0) + n)
  }
  for (const name of NEEDED) assert.ok((totals.get(name) ?? 0) > 0, `${name}: none`)
})

test('the same seed gives the same simulation', () => {
  const [one, other] = [runSeed(3, 3000), runSeed(3, 3000)]
  assert.deepEqual([...one.counts], [...other.counts])
})
