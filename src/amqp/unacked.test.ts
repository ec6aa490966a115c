import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Unacked } from './unacked.ts'

test('a random history leaves what a map would', () => {
  let seed = 7
  const random = (below: number) => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31
    return seed % below
  }
  const ring = new Unacked<{ name: string }>()
  const owners = [{ name: 'a' }, { name: 'b' }]
  const model = new Map<number, { owner: { name: string }; sequence: number }>()
  let tag = 0
  for (let step = 0; step < 20_000; step++) {
    if (random(100) < 52) {
      tag += 1 + (random(10) === 0 ? random(5) : 0)
      const owner = owners[random(2)]
      ring.push(tag, owner, tag * 10)
      model.set(tag, { owner, sequence: tag * 10 })
    } else {
      const wanted = random(3) === 0 ? random(tag + 10) : ([...model.keys()][random(8)] ?? 0)
      const entry = ring.find(wanted)
      const expected = model.get(wanted)
      assert.equal(entry >= 0, expected !== undefined)
      if (expected === undefined) continue
      assert.equal(ring.owner(entry), expected.owner)
      assert.equal(ring.sequence(entry), expected.sequence)
      ring.remove(entry)
      model.delete(wanted)
    }
    assert.equal(ring.outstanding, model.size)
  }
  const left: number[] = []
  for (let entry = ring.first(); entry >= 0; entry = ring.next(entry)) left.push(ring.sequence(entry))
  assert.deepEqual(
    left,
    [...model.values()].map((each) => each.sequence),
  )
})

test('the entry of a later delivery stays good while earlier ones are taken out', () => {
  const ring = new Unacked<string>()
  for (let tag = 1; tag <= 100; tag++) ring.push(tag, 'x', tag)
  const last = ring.find(60)
  for (let entry = ring.first(); entry >= 0 && entry <= last; ) {
    const next = ring.next(entry)
    ring.remove(entry)
    entry = next
  }
  assert.equal(ring.outstanding, 40)
  assert.equal(ring.find(60), -1)
  assert.equal(ring.sequence(ring.first()), 61)
})
