/*
 * Orders, with the application's own database: what a handler writes, the key of its message and what it sends are one transaction in PostgreSQL, so that each
 * order is billed once, whatever dies in between. The server is the one that PGHOST, PGUSER and PGDATABASE name; without PGHOST PGlite stands in for it,
 * which is PostgreSQL in this process.
 */
import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import { connect, json, postgresStore, queue } from 'posthorn'

const orders = queue('orders', { schema: json() })
const emails = queue('emails', { schema: json() })

const pool = process.env.PGHOST === undefined ? null : new pg.Pool()
const database = pool ?? (await PGlite.create())
const store = pool === null ? postgresStore({ client: database }) : postgresStore({ pool })
console.log((await database.query('select version() as version')).rows[0].version)
await database.query('create table orders (id text primary key, total numeric)')
await database.query('create table bills (order_id text, total numeric)')

const bus = await connect(process.env.POSTHORN_URL ?? 'memory:', { store })

// Billing: a message that comes twice is billed once, and the e-mail goes out if, and only if, the bill is written.
await bus.consume(
  orders,
  async (order, { tx, send }) => {
    await tx.query('insert into bills values ($1, $2)', [order.id, order.total])
    await send(emails, { to: order.customer, text: `order ${order.id}: ${order.total}` })
  },
  { idempotent: true },
)

const sent = []
const done = new Promise((resolve) => {
  bus.consume(emails, (email) => {
    sent.push(email.text)
    if (sent.length === 2) resolve()
  })
})

// The shop: the order is written and sent in one transaction, through the outbox.
for (const order of [
  { id: 'o-1', total: 12, customer: 'ada@example.com' },
  { id: 'o-2', total: 30, customer: 'bob@example.com' },
]) {
  await bus.transaction(async ({ tx, send }) => {
    await tx.query('insert into orders values ($1, $2)', [order.id, order.total])
    await send(orders, order, { id: order.id })
    // A nervous customer clicks twice.
    await send(orders, order, { id: order.id })
  })
}
await done
await bus.close()
const { rows } = await database.query('select order_id, total from bills order by order_id')
for (const { order_id, total } of rows) console.log(`billed ${order_id}: ${total}`)
for (const text of sent.sort()) console.log(`e-mail: ${text}`)
await (pool === null ? database.close() : pool.end())
