import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TimingWheel } from './timing-wheel.ts'

function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

test('expires everything at its tick, in order, whatever the distance', () => {
  const next = random(7)
  for (const start of [0, 0.5, 255, 65_535.25, 2 ** 32 - 3, 2 ** 40 + 12_345]) {
    const wheel = new TimingWheel<number>(start)
    const waiting = new Map<number, number>()
    let now = start
    let last = 0
    for (let step = 0; step < 3000; step++) {
      const choice = next()
      if (choice < 0.5) {
        const deadline = now + next() * 2 ** (next() * 36) - 1
        waiting.set(wheel.add(deadline, deadline), deadline)
      } else if (choice < 0.6 && waiting.size > 0) {
        const entry = [...waiting.keys()][Math.floor(next() * waiting.size)]!
        wheel.cancel(entry)
        waiting.delete(entry)
      } else {
        const due = Math.min(...[...waiting.values()].map((deadline) => Math.ceil(deadline)))
        assert.ok(wheel.nextDeadline() <= Math.max(due, Math.floor(now) + 1))
        const before = now
        now += next() * 2 ** (next() * 33)
        last = Math.floor(before)
        wheel.advance(now, (deadline) => {
          const tick = Math.max(Math.ceil(deadline), Math.floor(before))
          assert.ok(tick >= last && deadline <= now, `${deadline} expired at ${now}`)
          const entry = [...waiting].find((pair) => pair[1] === deadline)![0]
          waiting.delete(entry)
        })
        for (const deadline of waiting.values()) assert.ok(Math.ceil(deadline) > Math.floor(now) || deadline <= before)
      }
      assert.equal(wheel.size, waiting.size)
    }
    wheel.advance(now + 2 ** 37, (deadline) => {
      const entry = [...waiting].find((pair) => pair[1] === deadline)![0]
      waiting.delete(entry)
    })
    assert.equal(waiting.size, 0)
    assert.equal(wheel.nextDeadline(), Number.POSITIVE_INFINITY)
  }
})

test('an entry that is added while the wheel turns and is due already expires in the same turn', () => {
  const wheel = new TimingWheel<string>(0)
  const seen: string[] = []
  wheel.add(5, 'first')
  wheel.advance(10, (owner) => {
    seen.push(owner)
    if (owner === 'first') wheel.add(7, 'second')
  })
  assert.deepEqual(seen, ['first', 'second'])
})

test('an entry can be cancelled by another of the same tick', () => {
  const wheel = new TimingWheel<string>(0)
  const seen: string[] = []
  const entries = [wheel.add(5, 'a'), wheel.add(5, 'b')]
  wheel.advance(5, (owner) => {
    seen.push(owner)
    wheel.cancel(owner === 'a' ? entries[1]! : entries[0]!)
  })
  assert.equal(seen.length, 1)
  assert.equal(wheel.size, 0)
  assert.throws(() => wheel.cancel(entries[0]!))
})
