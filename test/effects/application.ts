import { setTimeout as pause } from 'node:timers/promises'
import { busOver, connect } from '../../src/engines/connect.ts'
import type { Bus } from '../../src/sdk/bus.ts'
import { json } from '../../src/sdk/contract/json.ts'
import type { Features } from '../../src/sdk/engine.ts'
import { sqliteStore } from '../../src/sdk/outbox/sqlite.ts'
import { queue } from '../../src/sdk/queue.ts'
import { topic } from '../../src/sdk/topic.ts'
import { openDatabase } from './database.ts'
import { namesOf, PARTITIONS } from './names.ts'

/*
 * An application that is killed at any moment, and started again: sends what it has not sent yet (and, since it can't know, some of it twice), and
 * handles each message once. Handlers have effects: one writes to a table of the application's database and publishes a record, whose
 * subscriber writes to another table. Where the engine has an inbox, a third one publishes records without any database.
 *
 *   application.js URL DATABASE COUNT NAMES
 */
const [url, file, count, suffix] = process.argv.slice(2) as [string, string, string, string]
const total = Number(count)
const names = namesOf(suffix)
/** Of the end, which has no effect. */
const END = -1
const BATCH = 100
/** A dot for so many messages that were handled. */
const DOT = 50

const retry = { attempts: 50, delay: 1 } as const
const charges = queue(names.charges, { schema: json<number>(), retry })
const paid = topic(names.paid, { schema: json<number>(), partitions: PARTITIONS, key: (n) => `k-${n % 20}` })
const shipments = queue(names.shipments, { schema: json<number>() })
const shipped = topic(names.shipped, { schema: json<number>(), partitions: PARTITIONS })

const database = openDatabase(file)
for (const table of ['effects (n integer)', 'payments (n integer)', 'progress (sent integer)'])
  database.run(`create table if not exists ${table}`)
const bus = (await connect(url, { store: sqliteStore(database) })) as Bus<Features, typeof database>

let handled = 0
const tell = () => {
  if (++handled % DOT === 0) process.stdout.write('.')
}
/** Ends that have come. */
let ended = 0

const once = { idempotent: true, concurrency: 4 } as const
await bus.subscribe(paid, { ...once, group: names.group, from: 'earliest' }, (n, { tx }) => {
  if (n === END) ended++
  else tx.run('insert into payments values (?)', [n])
  tell()
})
await bus.consume(
  charges,
  async (n, { tx, publish, attempt }) => {
    // Some take the way through a retry, too.
    if (n % 50 === 7 && attempt === 1) throw new Error('not yet')
    if (n !== END) {
      tx.run('insert into effects values (?)', [n])
      await publish(paid, n)
    }
    tell()
  },
  once,
)
const { inbox } = bus.engine.features
// Without the store: the inbox and what is published are in the engine's journal alone.
const plain = await busOver(bus.engine)
if (inbox) {
  await plain.consume(
    shipments,
    async (n, context) => {
      if (n !== END) await context.publish(shipped, n, { key: String(n) })
      tell()
    },
    once,
  )
}

const [row] = database.all('select max(sent) as sent from progress') as { sent: number | null }[]
for (let from = row?.sent ?? 0; from < total; from += BATCH) {
  const numbers = Array.from({ length: Math.min(BATCH, total - from) }, (_, n) => from + n)
  await Promise.all(
    numbers.flatMap((n) => [
      bus.send(charges, n, { id: `c-${n}` }),
      ...(inbox ? [plain.send(shipments, n, { id: `s-${n}` })] : []),
    ]),
  )
  // The connection has one transaction at a time, and that may be a handler's.
  await bus.transaction(async ({ tx }) => {
    tx.run('insert into progress values (?)', [from + BATCH])
  })
}

const effects = (table: string) => Number(database.all(`select max(rowid) as rows from ${table}`)[0]?.rows ?? 0)
while (effects('effects') < total || effects('payments') < total) await pause(50)

// Behind everything that could still come twice, wherever it is.
const ends = Array.from({ length: DOT }, (_, n) =>
  [charges, ...(inbox ? [shipments] : [])].map((one) => bus.send(one, END, { receipt: true, key: `k-${n}` })),
)
for (const { handled } of await Promise.all(ends.flat())) await handled
for (let partition = 0; partition < PARTITIONS; partition++) await bus.publish(paid, END, { partition })
while (ended < PARTITIONS) await pause(50)
process.stdout.write('done')
