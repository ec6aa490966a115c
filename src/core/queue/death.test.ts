import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EMPTY_TABLE, type Field, type Table, tableOf } from '../../wire/amqp/field.ts'
import { type Death, isDeathCycle, recordDeath } from './death.ts'
import type { DeathReason } from './queue.ts'

function death(queue: string, reason: DeathReason, more: Partial<Death> = {}): Death {
  return { queue, reason, time: 5999, exchange: 'x', keys: ['k'], expiration: undefined, ...more }
}

function plain(field: Field): unknown {
  if (field.type === 'F') return Object.fromEntries([...field.value].map(([key, value]) => [key, plain(value)]))
  return field.type === 'A' ? field.value.map(plain) : field.value
}

const headersOf = (table: Table) => plain({ type: 'F', value: table })

test('the first death is noted with everything that RabbitMQ tells, beside the headers that were there', () => {
  const headers = recordDeath(tableOf({ a: 1 }), false, death('q', 'expired', { expiration: '50', keys: ['k', 'cc'] }))
  assert.deepEqual(headersOf(headers), {
    a: 1,
    'x-death': [
      {
        'original-expiration': '50',
        count: 1,
        reason: 'expired',
        queue: 'q',
        time: 5,
        exchange: 'x',
        'routing-keys': ['k', 'cc'],
      },
    ],
    'x-first-death-exchange': 'x',
    'x-first-death-queue': 'q',
    'x-first-death-reason': 'expired',
    'x-last-death-exchange': 'x',
    'x-last-death-queue': 'q',
    'x-last-death-reason': 'expired',
  })
  assert.deepEqual([...headers.keys()].slice(0, 2), ['a', 'x-death'])
})

test('a further death comes first, and one of the same queue and reason is counted and comes first again', () => {
  let headers = recordDeath(EMPTY_TABLE, false, death('q', 'expired'))
  headers = recordDeath(headers, true, death('r', 'rejected', { exchange: 'y' }))
  headers = recordDeath(headers, true, death('q', 'maxlen'))
  headers = recordDeath(headers, true, death('q', 'expired', { time: 99_000, exchange: 'z' }))
  const { 'x-death': deaths, ...rest } = headersOf(headers) as { 'x-death': Record<string, unknown>[] }
  assert.deepEqual(
    deaths.map((one) => [one.queue, one.reason, one.count, one.time]),
    [
      ['q', 'expired', 2, 5],
      ['q', 'maxlen', 1, 5],
      ['r', 'rejected', 1, 5],
    ],
  )
  assert.deepEqual(Object.values(rest), ['x', 'q', 'expired', 'x', 'q', 'expired'])
})

test('deaths that a client made up are written over', () => {
  const forged = recordDeath(EMPTY_TABLE, false, death('q', 'expired'))
  const headers = recordDeath(forged, false, death('r', 'expired'))
  const { 'x-death': deaths } = headersOf(headers) as { 'x-death': unknown[] }
  assert.equal(deaths.length, 1)
  const odd = recordDeath(tableOf({ 'x-death': 'text' }), true, death('r', 'expired'))
  assert.equal((headersOf(odd) as { 'x-death': unknown[] })['x-death'].length, 1)
})

test('a message goes round in a circle only if nobody rejected it on the way', () => {
  let headers = recordDeath(EMPTY_TABLE, false, death('a', 'expired'))
  headers = recordDeath(headers, true, death('b', 'expired'))
  assert.ok(isDeathCycle(headers, 'a'))
  assert.ok(isDeathCycle(headers, 'b'))
  assert.ok(!isDeathCycle(headers, 'c'))
  headers = recordDeath(headers, true, death('c', 'rejected'))
  assert.ok(!isDeathCycle(headers, 'a'))
  headers = recordDeath(headers, true, death('d', 'expired'))
  assert.ok(isDeathCycle(headers, 'd'))
  assert.ok(!isDeathCycle(headers, 'a'))
})
