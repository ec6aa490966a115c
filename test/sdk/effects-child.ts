import sqlite from 'node-sqlite3-wasm'
import { busOver, connect } from '../../src/engines/connect.ts'
import { json } from '../../src/sdk/contract/json.ts'
import { sqliteStore } from '../../src/sdk/outbox/sqlite.ts'
import { queue } from '../../src/sdk/queue.ts'
import { topic } from '../../src/sdk/topic.ts'

/*
 * A process that is killed at any moment, and started again: sends what it has not sent yet (and, since it can't know, some of it twice), and
 * handles each message once. Two handlers have an effect: one writes to a table of the application's database, the other publishes a record.
 *
 *   effects-child.js DIRECTORY DATABASE COUNT
 */
const [directory, file, count] = process.argv.slice(2) as [string, string, string]
const total = Number(count)

const charges = queue('charges', { schema: json<number>() })
const shipments = queue('shipments', { schema: json<number>() })
const shipped = topic('shipped', { schema: json<number>(), partitions: 2 })

const database = new sqlite.Database(file)
database.run('create table if not exists effects (n integer)')
database.run('create table if not exists progress (sent integer)')
const bus = await connect(`file:${directory}`, { store: sqliteStore(database) })
// Without the store: the inbox and what is published are in the engine's journal alone.
const plain = await busOver(bus.engine)

/** Of the end, which has no effect. */
const END = -1
let handled = 0
const tell = () => {
  if (++handled % 50 === 0) process.stdout.write('.')
}
await bus.consume(
  charges,
  (n, { tx }) => {
    if (n !== END) tx.run('insert into effects values (?)', [n])
    tell()
  },
  { idempotent: true, concurrency: 4 },
)
await plain.consume(
  shipments,
  async (n, context) => {
    if (n !== END) await context.publish(shipped, n, { key: String(n) })
    tell()
  },
  { idempotent: true, concurrency: 4 },
)

const BATCH = 100
const [row] = database.all('select max(sent) as sent from progress') as { sent: number | null }[]
for (let from = row?.sent ?? 0; from < total; from += BATCH) {
  const numbers = Array.from({ length: Math.min(BATCH, total - from) }, (_, n) => from + n)
  const sends = numbers.flatMap((n) => [
    bus.send(charges, n, { id: `c-${n}` }),
    bus.send(shipments, n, { id: `s-${n}` }),
  ])
  await Promise.all(sends)
  // The connection has one transaction at a time, and that may be a handler's.
  await bus.transaction(async ({ tx }) => {
    tx.run('insert into progress values (?)', [from + BATCH])
  })
}
const ends = [charges, shipments].map((one) => bus.send(one, END, { receipt: true }))
for (const { handled } of await Promise.all(ends)) await handled
// With four handlers side by side three may still be at work.
for (let n = 0; n < 50; n++) await bus.send(charges, END)
process.stdout.write('done')
