import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Lanes } from './lanes.ts'

test('what ends at once runs in order, and nothing is left of its key', async () => {
  const seen: number[] = []
  const lanes = new Lanes<number>(1, (n) => {
    seen.push(n)
  })
  for (let n = 0; n < 5000; n++) lanes.add(n % 2 === 0 ? 'a' : null, n)
  assert.deepEqual(
    seen,
    Array.from({ length: 5000 }, (_, n) => n),
  )
  assert.equal(lanes.size, 0)
  await lanes.drained()
})

test('those of one key follow each other, whether they end at once or later', async () => {
  const seen: string[] = []
  const ends: (() => void)[] = []
  const lanes = new Lanes<string>(10, (name) => {
    seen.push(name)
    return name.endsWith('later') ? new Promise<void>((resolve) => ends.push(resolve)) : undefined
  })
  for (const name of ['a1 later', 'a2', 'a3 later', 'a4']) lanes.add('a', name)
  lanes.add('b', 'b1')
  assert.deepEqual(seen, ['a1 later', 'b1'])
  ends[0]!()
  await Promise.resolve()
  assert.deepEqual(seen, ['a1 later', 'b1', 'a2', 'a3 later'])
  const drained = lanes.drained()
  ends[1]!()
  await drained
  assert.deepEqual(seen.at(-1), 'a4')
})

test('what is added while something runs waits for its turn', () => {
  const seen: number[] = []
  const lanes = new Lanes<number>(1, (n) => {
    if (n < 10_000) lanes.add(null, n + 1)
    seen.push(n)
  })
  lanes.add(null, 0)
  assert.equal(seen.length, 10_001)
  assert.equal(seen[1], 1)
})
