import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measured } from './figures.ts'
import type { Row } from './row.ts'
import { rows } from './rows.ts'
import { table } from './table.ts'

const row: Row = {
  group: 'amqp',
  title: 'rate',
  unit: 'messages/s',
  better: 'more',
  figure: 'case:rate',
  peer: 'rabbitmq',
  least: { times: 10 },
  goal: { times: 20 },
}

function cellsOf(text: string): string[] {
  return text
    .split('\n')[2]!
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())
}

function verdict(ours: number, peer: number | null, changed: Partial<Row> = {}): string {
  const figures = measured()
  figures.add('ours', 'case:rate', ours)
  if (peer !== null) figures.add('rabbitmq', 'case:rate', peer)
  return cellsOf(table([{ ...row, ...changed }], figures)).at(-1)!
}

test('a row is met when the median is so many times the peer’s', () => {
  assert.equal(verdict(999, 100), 'NO')
  assert.equal(verdict(1000, 100), 'yes')
  assert.equal(verdict(2000, 100), 'goal')
})

test('where less is better the bounds are upper ones', () => {
  const less = { better: 'less', least: { times: 0.85 }, goal: { value: 50 } } as const
  assert.equal(verdict(86, 100, less), 'NO')
  assert.equal(verdict(85, 100, less), 'yes')
  assert.equal(verdict(50, null, less), 'goal')
})

test('without the peer a ratio is neither met nor missed, an absolute bound is', () => {
  assert.equal(verdict(1000, null), '')
  assert.equal(verdict(1000, null, { least: { value: 2000 } }), 'NO')
})

test('a cell shows the median, how many there were, and the range', () => {
  const figures = measured()
  for (const value of [30_000, 10_000, 20_000, 40_000]) figures.add('rabbitmq', 'case:rate', value)
  const cells = cellsOf(table([row], figures))
  assert.equal(cells[2], '25.0 k (n 4, 10.0 k-40.0 k)')
  assert.equal(cells.at(-1), 'not measured')
})

test('rows of which nothing was measured are left out', () => {
  assert.equal(table(rows(1000), measured()), 'Nothing was measured.')
})
