import assert from 'node:assert/strict'
import { json } from '../../sdk/contract/json.ts'
import { queue } from '../../sdk/queue.ts'
import { permanent } from '../../sdk/retry.ts'
import { eventually, gate, Mailbox } from './mailbox.ts'
import type { Case } from './rig.ts'

const LONG = '20s'

export const RECEIPT_CASES: readonly Case[] = [
  {
    name: 'a receipt tells that the message was acknowledged, and the answer',
    async run({ bus, name }) {
      const orders = queue(name('orders'), { schema: json<number>(), answer: json<{ twice: number }>() })
      await bus.consume(orders, (n) => ({ twice: 2 * n }))
      const { handled } = await bus.send(orders, 21, { receipt: true, timeout: LONG })
      assert.deepEqual(await handled, { status: 'acknowledged', answer: { twice: 42 } })
    },
  },
  {
    name: 'a receipt of a queue without answers tells that the message was acknowledged',
    async run({ bus, name }) {
      const orders = queue<number>(name('orders'))
      await bus.consume(orders, () => {})
      const { handled } = await bus.send(orders, 1, { receipt: true, timeout: LONG })
      assert.deepEqual(await handled, { status: 'acknowledged', answer: undefined })
    },
  },
  {
    name: 'a receipt comes after the retries',
    async run({ bus, name }) {
      const orders = queue(name('orders'), { schema: json<number>(), answer: json<number>(), retry: { delay: 1 } })
      await bus.consume(orders, (_, { attempt }) => {
        if (attempt < 3) throw new Error('not yet')
        return attempt
      })
      const { handled } = await bus.send(orders, 1, { receipt: true, timeout: LONG })
      assert.deepEqual(await handled, { status: 'acknowledged', answer: 3 })
    },
  },
  {
    name: 'a receipt tells that the message became a dead letter, and why',
    async run({ bus, name }) {
      const orders = queue<number>(name('orders'))
      await bus.consume(orders, () => {
        throw permanent(new Error('no such customer'))
      })
      const { handled } = await bus.send(orders, 1, { receipt: true, timeout: LONG })
      assert.deepEqual(await handled, { status: 'dead-lettered', reason: 'no such customer' })
    },
  },
  {
    name: 'a receipt waits until somebody consumes',
    async run({ bus, connect, name }) {
      const orders = queue<number>(name('orders'))
      const { handled } = await bus.send(orders, 1, { receipt: true, timeout: LONG })
      await (await connect()).consume(orders, () => {})
      assert.equal((await handled).status, 'acknowledged')
    },
  },
  {
    name: 'receipts of many messages are told apart',
    async run({ bus, name }) {
      const orders = queue(name('orders'), { schema: json<number>(), answer: json<number>() })
      await bus.consume(orders, (n) => n * n, { concurrency: 4 })
      const numbers = Array.from({ length: 20 }, (_, n) => n)
      const answers = await Promise.all(numbers.map((n) => bus.request(orders, n)))
      assert.deepEqual(
        answers,
        numbers.map((n) => n * n),
      )
    },
  },
  {
    name: 'a request is answered by another connection',
    async run({ bus, connect, name }) {
      const quotes = queue(name('quotes'), { schema: json<{ symbol: string }>(), answer: json<{ price: number }>() })
      await (await connect()).respond(quotes, ({ symbol }) => ({ price: symbol.length }))
      assert.deepEqual(await bus.request(quotes, { symbol: 'POST' }), { price: 4 })
    },
  },
  {
    name: 'a request that nobody answers times out',
    async run({ bus, name }) {
      const quotes = queue(name('quotes'), { schema: json<number>(), answer: json<number>() })
      await assert.rejects(bus.request(quotes, 1, { timeout: 50 }), { code: 'TIMED_OUT', retryable: true })
    },
  },
  {
    name: 'a request that timed out is not handled later',
    async run({ bus, name }) {
      const quotes = queue(name('quotes'), { schema: json<string>(), answer: json<string>() })
      await assert.rejects(bus.request(quotes, 'stale', { timeout: 50 }), { code: 'TIMED_OUT' })
      const got = new Mailbox<string>()
      await bus.respond(quotes, (quote) => {
        got.put(quote)
        return quote
      })
      assert.equal(await bus.request(quotes, 'fresh', { timeout: LONG }), 'fresh')
      assert.deepEqual(got.all, ['fresh'])
    },
  },
  {
    name: 'a request is cancelled by its signal',
    async run({ bus, name }) {
      const quotes = queue(name('quotes'), { schema: json<number>(), answer: json<number>() })
      const began = gate()
      await bus.respond(quotes, async (n) => {
        began.open()
        return n
      })
      const abort = new AbortController()
      abort.abort()
      await assert.rejects(bus.request(quotes, 1, { signal: abort.signal, timeout: LONG }), { code: 'ABORTED' })
    },
  },
  {
    name: 'a request whose handler gives up is an error with the reason',
    async run({ bus, name }) {
      const quotes = queue(name('quotes'), { schema: json<number>(), answer: json<number>() })
      await bus.respond(quotes, () => {
        throw permanent(new Error('no such symbol'))
      })
      await assert.rejects(bus.request(quotes, 1, { timeout: LONG }), {
        code: 'DEAD_LETTERED',
        message: /no such symbol/,
      })
    },
  },
  {
    name: 'a receipt of a message that was redriven from the dead letters comes then',
    async run({ bus, name }) {
      const orders = queue(name('orders'), { schema: json<number>(), retry: { attempts: 1 } })
      let broken = true
      await bus.consume(orders, () => {
        if (broken) throw new Error('broken')
      })
      const first = await bus.send(orders, 1, { receipt: true, timeout: LONG })
      assert.equal((await first.handled).status, 'dead-lettered')
      broken = false
      assert.equal(await bus.deadLetters(orders).redrive(), 1)
      await eventually(async () => (await bus.deadLetters(orders).count()) === 0, 'no dead letters')
    },
  },
]
