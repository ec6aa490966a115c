import assert from 'node:assert/strict'
import { json } from '../../sdk/contract/json.ts'
import { queue } from '../../sdk/queue.ts'
import { permanent, reject } from '../../sdk/retry.ts'
import { topic } from '../../sdk/topic.ts'
import { eventually, Mailbox } from './mailbox.ts'
import type { Case } from './rig.ts'

export const RETRY_CASES: readonly Case[] = [
  {
    name: 'a message whose handler fails is handled again, and the attempts are counted',
    async run({ bus, name }) {
      const orders = queue(name('orders'), { schema: json<string>(), retry: { attempts: 3, delay: 1 } })
      const got = new Mailbox<number>()
      await bus.consume(orders, (_, { attempt }) => {
        got.put(attempt)
        if (attempt < 3) throw new Error('not yet')
      })
      await bus.send(orders, 'x')
      assert.deepEqual(await got.take(3), [1, 2, 3])
      assert.equal(await bus.deadLetters(orders).count(), 0)
    },
  },
  {
    name: 'a retry has the same id, key, headers and payload',
    async run({ bus, name }) {
      const orders = queue(name('orders'), { schema: json<{ n: number }>(), retry: { attempts: 2, delay: 1 } })
      const got = new Mailbox<unknown>()
      await bus.consume(orders, (payload, { id, key, headers, attempt }) => {
        got.put({ payload, id, key, tenant: headers.tenant })
        if (attempt === 1) throw new Error('not yet')
      })
      await bus.send(orders, { n: 1 }, { id: 'm-1', key: 'k-1', headers: { tenant: 'blue' } })
      const same = { payload: { n: 1 }, id: 'm-1', key: 'k-1', tenant: 'blue' }
      assert.deepEqual(await got.take(2), [same, same])
    },
  },
  {
    name: 'a message that waits for its retry holds up no other',
    async run({ bus, name }) {
      const orders = queue(name('orders'), { schema: json<string>(), retry: { attempts: 2, delay: '1h' } })
      const got = new Mailbox<string>()
      await bus.consume(orders, (order) => {
        got.put(order)
        if (order === 'bad') throw new Error('no')
      })
      await bus.send(orders, 'bad')
      await bus.send(orders, 'good')
      assert.deepEqual(await got.take(2), ['bad', 'good'])
    },
  },
  {
    name: 'immediate retries come before delayed ones, in the same process',
    async run({ bus, name }) {
      const orders = queue(name('orders'), {
        schema: json<string>(),
        retry: { attempts: 3, immediate: 2, delay: '1h' },
      })
      const got = new Mailbox<number>()
      await bus.consume(orders, (_, { attempt }) => {
        got.put(attempt)
        if (attempt < 3) throw new Error('not yet')
      })
      await bus.send(orders, 'x')
      assert.deepEqual(await got.take(3), [1, 2, 3])
    },
  },
  {
    name: 'a message is a dead letter after its last attempt',
    async run({ bus, name }) {
      const orders = queue(name('orders'), { schema: json<string>(), retry: { attempts: 2, delay: 1 } })
      const got = new Mailbox<number>()
      await bus.consume(orders, (_, { attempt }) => {
        got.put(attempt)
        throw new Error('never')
      })
      await bus.send(orders, 'x')
      await got.take(2)
      await eventually(async () => (await bus.deadLetters(orders).count()) === 1, 'a dead letter')
      assert.deepEqual(got.all, [1, 2])
    },
  },
  {
    name: 'a permanent error makes a dead letter at once',
    async run({ bus, name }) {
      const orders = queue(name('orders'), { schema: json<string>(), retry: { attempts: 5, delay: 1 } })
      const got = new Mailbox<number>()
      await bus.consume(orders, (_, { attempt }) => {
        got.put(attempt)
        throw permanent(new Error('never'))
      })
      await bus.send(orders, 'x')
      await eventually(async () => (await bus.deadLetters(orders).count()) === 1, 'a dead letter')
      assert.deepEqual(got.all, [1])
    },
  },
  {
    name: 'a message that a handler rejects is gone',
    async run({ bus, name }) {
      const orders = queue(name('orders'), { schema: json<string>(), retry: { attempts: 5, delay: 1 } })
      const got = new Mailbox<string>()
      await bus.consume(orders, (order) => {
        got.put(order)
        if (order === 'unwanted') throw reject('not for us')
      })
      const { handled } = await bus.send(orders, 'unwanted', { receipt: true, timeout: '20s' })
      assert.deepEqual(await handled, { status: 'rejected', reason: 'not for us' })
      assert.equal(await bus.deadLetters(orders).count(), 0)
      await bus.send(orders, 'wanted')
      assert.deepEqual(await got.take(2), ['unwanted', 'wanted'])
    },
  },
  {
    name: 'a handler that takes too long has failed, and its signal aborts',
    async run({ bus, name }) {
      const orders = queue(name('orders'), { schema: json<string>(), retry: { attempts: 2, delay: 1 } })
      const got = new Mailbox<string>()
      await bus.consume(
        orders,
        async (_, { attempt, signal }) => {
          if (attempt === 2) got.put('again')
          else await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(got.put('aborted'))))
        },
        { timeout: 50 },
      )
      await bus.send(orders, 'x')
      assert.deepEqual(await got.take(2), ['aborted', 'again'])
    },
  },
  {
    name: 'a record whose handler fails is handled again, and those behind it are not held up',
    async run({ bus, name }) {
      const paid = topic(name('paid'), { schema: json<string>(), retry: { attempts: 2, delay: 20 } })
      const got = new Mailbox<string>()
      await bus.subscribe(paid, { group: name('billing'), from: 'earliest' }, (payment, { attempt }) => {
        got.put(`${payment} ${attempt}`)
        if (payment === 'bad' && attempt === 1) throw new Error('not yet')
      })
      await bus.publish(paid, 'bad', { key: 'k' })
      await bus.publish(paid, 'good', { key: 'k' })
      assert.deepEqual((await got.take(3)).sort(), ['bad 1', 'bad 2', 'good 1'])
    },
  },
]
