import assert from 'node:assert/strict'
import { json } from '../../sdk/contract/json.ts'
import { jsonSchema } from '../../sdk/contract/json-schema.ts'
import { queue } from '../../sdk/queue.ts'
import { topic } from '../../sdk/topic.ts'
import { eventually, Mailbox } from './mailbox.ts'
import type { Case } from './rig.ts'

const ORDER = {
  type: 'object',
  properties: { id: { type: 'string', minLength: 1 }, total: { type: 'number' } },
  required: ['id', 'total'],
} as const

/** A Standard Schema without a library: text on the wire, a number for the handler. */
const numberFromText = {
  '~standard': {
    version: 1,
    vendor: 'posthorn',
    validate: (value: unknown) => {
      const number = Number(value)
      return Number.isNaN(number) ? { issues: [{ message: 'no number', path: ['n'] }] } : { value: number }
    },
    types: undefined as { readonly input: string; readonly output: number } | undefined,
  },
} as const

export const CONTRACT_CASES: readonly Case[] = [
  {
    name: 'a payload that breaks its contract is the sender’s error, and nothing is sent',
    async run({ bus, name }) {
      const orders = queue(name('orders'), { schema: ORDER })
      await assert.rejects(bus.send(orders, { id: 'o-1' } as never), {
        code: 'CONTRACT_VIOLATED',
        message: /total/,
      })
      await bus.send(orders, { id: 'o-2', total: 2 })
      const got = new Mailbox<{ id: string; total: number }>()
      await bus.consume(orders, got.put)
      assert.deepEqual(await got.next(), { id: 'o-2', total: 2 })
    },
  },
  {
    name: 'all that is wrong with a payload is told',
    async run({ bus, name }) {
      const orders = queue(name('orders'), { schema: ORDER })
      await assert.rejects(bus.send(orders, { id: '', total: 'two' } as never), (error: Error) => {
        assert.match(error.message, /id/)
        assert.match(error.message, /total/)
        return true
      })
    },
  },
  {
    name: 'a message that breaks the consumer’s contract is a dead letter with the reason',
    async run({ bus, name }) {
      const as = name('orders')
      const got = new Mailbox<unknown>()
      const orders = queue(as, { schema: jsonSchema(ORDER), retry: { attempts: 5 } })
      await bus.consume(orders, got.put)
      await bus.send(queue(as, { schema: json<object>() }), { id: 'o-1' })
      await eventually(async () => (await bus.deadLetters(orders).count()) === 1, 'a dead letter')
      for await (const { failure, payload } of bus.deadLetters(orders).list()) {
        assert.equal(failure?.code, 'CONTRACT_VIOLATED')
        assert.match(failure?.message ?? '', /total/)
        await assert.rejects(payload(), { code: 'CONTRACT_VIOLATED' })
      }
      assert.deepEqual(got.all, [])
    },
  },
  {
    name: 'a body that is no JSON is a dead letter',
    async run({ bus, name }) {
      const as = name('orders')
      const orders = queue(as, { schema: json<object>() })
      await bus.consume(orders, () => {})
      const { raw } = await import('../../sdk/contract/raw.ts')
      await bus.send(queue(as, { schema: raw() }), new Uint8Array([0xff, 0x7b]))
      await eventually(async () => (await bus.deadLetters(orders).count()) === 1, 'a dead letter')
    },
  },
  {
    name: 'a schema of a Standard Schema library checks, and converts for the handler',
    async run({ bus, name }) {
      const amounts = queue(name('amounts'), { schema: numberFromText })
      const got = new Mailbox<number>()
      await bus.consume(amounts, got.put)
      await assert.rejects(bus.send(amounts, 'many'), { code: 'CONTRACT_VIOLATED', message: /n: no number/ })
      await bus.send(amounts, '12')
      assert.equal(await got.next(), 12)
    },
  },
  {
    name: 'a record that breaks its contract is the publisher’s error',
    async run({ bus, name }) {
      const paid = topic(name('paid'), { schema: ORDER })
      await assert.rejects(bus.publish(paid, { id: 'o-1' } as never), { code: 'CONTRACT_VIOLATED' })
    },
  },
  {
    name: 'an answer that breaks its contract is the handler’s error',
    async run({ bus, name }) {
      const quotes = queue(name('quotes'), { schema: json<string>(), answer: { type: 'number' } })
      await bus.respond(quotes, () => 'many' as unknown as number)
      const { handled } = await bus.send(quotes, 'x', { receipt: true, timeout: '20s' })
      assert.equal((await handled).status, 'dead-lettered')
    },
  },
  {
    name: 'a schema that is none is told when it is first used',
    async run({ bus, name }) {
      const orders = queue(name('orders'), { schema: { type: 'strin' } })
      await assert.rejects(bus.send(orders, 'x'), { code: 'CONTRACT_INVALID' })
    },
  },
]
