import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Transactions } from './transactions.ts'

/** Producer n has its one record at 2n, and the marker that aborts it behind it. */
function manyAborted(count: number): Transactions {
  const transactions = new Transactions()
  for (let n = 0; n < count; n++) {
    transactions.begin(n, 2 * n)
    transactions.end(n, 2 * n + 1, false)
  }
  return transactions
}

test('tells nothing of what was aborted when compaction has taken the marker away', () => {
  const transactions = manyAborted(10)
  transactions.cleaned(4, 14, new Set([9]))
  assert.deepEqual(
    transactions.aborted(0, 20).map(({ producerId }) => producerId),
    [0, 1, 4, 7, 8, 9],
  )
  assert.deepEqual(
    transactions.abortedRanges(0, 20).map(({ first, last }) => [first, last]),
    [0, 1, 4, 7, 8, 9].map((n) => [2 * n, 2 * n + 1]),
  )
})
