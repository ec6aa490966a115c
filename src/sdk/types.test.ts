import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import { z } from 'zod'
import { connect } from '../engines/connect.ts'
import type { Bus } from './bus.ts'
import { avro } from './contract/avro.ts'
import { json } from './contract/json.ts'
import { raw } from './contract/raw.ts'
import type { Input, Output } from './contract/schema.ts'
import type { Features } from './engine.ts'
import { type Queue, queue } from './queue.ts'
import { type Topic, topic } from './topic.ts'

/* What is wrong here does not compile: each `@ts-expect-error` is a test, which the compiler runs. */

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <_Same extends true>() => {}

const orders = queue('orders', {
  schema: z.object({ id: z.string(), at: z.coerce.date() }),
  answer: z.object({ ok: z.boolean() }),
  key: (order) => order.id,
})
const paid = topic('paid', {
  schema: {
    type: 'object',
    properties: {
      orderId: { type: 'string' },
      total: { type: 'integer' },
      lines: { type: 'array', items: { enum: ['a', 'b'] } },
      note: { type: ['string', 'null'] },
    },
    required: ['orderId', 'lines'],
  },
  key: (payment) => payment.orderId,
})

test('types follow from the contract', () => {
  same<Equal<typeof paid, Topic<Payment, Payment>>>()
  const boxed = Type.Object({ id: Type.String(), n: Type.Optional(Type.Integer()) })
  same<Equal<Input<typeof boxed>, { id: string; n?: number }>>()
  const number = z.string().transform(Number)
  same<Equal<Input<typeof number>, string>>()
  same<Equal<Output<typeof number>, number>>()
  const record = avro({
    type: 'record',
    name: 'Order',
    fields: [
      { name: 'id', type: 'string' },
      { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
      { name: 'note', type: ['null', 'string'], default: null },
    ],
  })
  same<Equal<Input<typeof record>, { id: string; at: Date; note?: string | null }>>()
  const greetings = queue('greetings', { schema: json<{ text: string }>() })
  same<Equal<typeof greetings, Queue<{ text: string }, { text: string }, void, void>>>()
  const images = queue('images', { schema: raw() })
  same<Equal<typeof images, Queue<Uint8Array, Uint8Array, void, void>>>()
  const prices = topic('prices', { schema: json<number>(), compact: true })
  same<Equal<typeof prices, Topic<number | null, number | null>>>()
})

interface Payment {
  orderId: string
  total?: number
  lines: ('a' | 'b')[]
  note?: string | null
}

/** Never called: what is in it is for the compiler. */
async function misuse(bus: Bus<Features & { readonly priority: false }>): Promise<void> {
  await bus.send(orders, { id: 'a', at: '2026-11-26' })
  // @ts-expect-error a field is missing
  await bus.send(orders, {})
  // @ts-expect-error a field has another type
  await bus.send(orders, { id: 1, at: new Date() })
  // @ts-expect-error the engine has no priorities
  await bus.send(orders, { id: 'a', at: '2026-11-26' }, { priority: 9 })
  // @ts-expect-error no duration
  await bus.send(orders, { id: 'a', at: '2026-11-26' }, { delay: 'soon' })
  // @ts-expect-error a wrong answer
  await bus.consume(orders, () => ({ ok: 'yes' }))
  // @ts-expect-error no answer
  await bus.respond(orders, () => {})
  await bus.consume(orders, async (order, context) => {
    same<Equal<typeof order, { id: string; at: Date }>>()
    // @ts-expect-error a record that is none of the topic's
    await context.publish(paid, { orderId: order.id, lines: ['c'] })
    return { ok: true }
  })
  const answer = await bus.request(orders, { id: 'a', at: '2026-11-26' })
  same<Equal<typeof answer, { ok: boolean }>>()
  const { handled } = await bus.send(orders, { id: 'a', at: '2026-11-26' }, { receipt: true })
  const outcome = await handled
  // @ts-expect-error only what was acknowledged has an answer
  outcome.answer
  // @ts-expect-error a queue is no topic
  await bus.publish(orders, { id: 'a', at: '2026-11-26' })
  // @ts-expect-error a topic is no queue
  await bus.send(paid, { orderId: 'a', lines: [] })
  // @ts-expect-error a key is text
  topic('other', { schema: json<{ id: number }>(), key: (payload) => payload.id })
  const embedded = await connect('memory:')
  same<typeof embedded.engine.features.atomic>()
}

test('misuse does not compile', () => {
  assert.equal(typeof misuse, 'function')
})
