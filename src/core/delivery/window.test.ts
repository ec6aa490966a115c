import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Dice } from '../../../sim/random.ts'
import { Delivery, type Run, Window } from './window.ts'

const LIMIT = 3
const LONGEST = 40

/** A window as one would write it without minding memory or time. */
class Model {
  start = 0
  readonly records: { state: number; count: number; owner: number; deadline: number }[] = []

  record(offset: number) {
    while (this.records.length <= offset) this.records.push({ state: 0, count: 0, owner: 0, deadline: 0 })
    return this.records[offset]!
  }

  advance(): void {
    while (this.start < this.records.length && this.records[this.start]!.state >= Delivery.acknowledged) this.start++
  }
}

test('a window does what a list of all records would do, and a second one knows the same from what was told', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const dice = new Dice(seed)
    const window = new Window(0)
    const model = new Model()
    const told: Run[] = []
    let now = 0
    const apply = (runs: readonly Run[]) => {
      for (const run of runs) {
        window.apply(run)
        told.push(run)
        for (let offset = run.first; offset <= run.last; offset++) {
          Object.assign(model.record(offset), { state: run.state, count: run.count, owner: 0 })
        }
      }
      model.advance()
    }
    const release = (picked: (record: Model['records'][number]) => boolean, runs: readonly Run[]) => {
      const expected = model.records
        .map((record, offset) => ({ record, offset }))
        .filter(({ record, offset }) => offset >= model.start && record.state === Delivery.acquired && picked(record))
      const found = runs.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, i) => first + i))
      assert.deepEqual(
        found,
        expected.map(({ offset }) => offset),
      )
      apply(runs)
    }
    for (let step = 0; step < 300; step++) {
      const choice = dice.below(10)
      const runs: Run[] = []
      if (choice < 4) {
        const first = window.firstAvailable()
        const owner = 1 + dice.below(3)
        const count = window.acquire(first, first + dice.below(12), 1 + dice.below(12), LONGEST, owner, now + 50, runs)
        let seen = 0
        for (const run of runs) {
          for (let offset = run.first; offset <= run.last; offset++, seen++) {
            const record = model.record(offset)
            assert.equal(record.state, Delivery.available, 'handed out what was not to be had')
            Object.assign(record, { state: Delivery.acquired, count: record.count + 1, owner, deadline: now + 50 })
            assert.equal(record.count, run.count)
          }
        }
        assert.equal(seen, count)
      } else if (choice < 7 && window.size > 0) {
        const first = window.start + dice.below(window.size)
        const last = Math.min(window.end - 1, first + dice.below(5))
        const owner = 1 + dice.below(3)
        const isWith = model.records.slice(first, last + 1).every((one) => one.state === 1 && one.owner === owner)
        assert.equal(window.areWith(owner, first, last), isWith)
        if (!isWith) continue
        const word = dice.below(3)
        if (word === 0) window.released(first, last, LIMIT, runs)
        else window.settled(first, last, word === 1 ? Delivery.acknowledged : Delivery.archived, runs)
        apply(runs)
      } else if (choice === 7) {
        now += dice.below(60)
        window.expired(now, LIMIT, runs)
        release((record) => record.deadline <= now, runs)
      } else if (choice === 8) {
        const owner = 1 + dice.below(3)
        window.releasedBy(owner, LIMIT, runs)
        release((record) => record.owner === owner, runs)
      } else if (dice.below(10) === 0) {
        window.moveStart(window.start + dice.below(4))
        for (let offset = model.start; offset < window.start; offset++) model.record(offset).state = Delivery.archived
        model.advance()
      }
      window.invariants(LIMIT)
      assert.equal(window.start, model.start)
      assert.ok(window.size <= LONGEST + 4)
    }
    const again = new Window(0)
    for (const run of told) again.apply(run)
    again.moveStart(window.start)
    assert.deepEqual([...again.durable()], [...window.durable()])
    for (const run of told) again.apply(run)
    assert.deepEqual([...again.durable()], [...window.durable()], 'a second time changes something')
  }
})
