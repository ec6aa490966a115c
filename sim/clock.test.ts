import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimClock } from './clock.ts'
import { Dice } from './random.ts'

test('time stands still until something is due, and a turn ends after the input of its instant', () => {
  const clock = new SimClock(new Dice(1), 1000)
  const seen: string[] = []
  const note = (what: string) => () => seen.push(`${what} ${Math.floor(clock.elapsed())}`)
  clock.after(5, () => {
    note('input')()
    clock.afterInput(note('end'))
  })
  clock.after(5, note('input'))
  clock.alarm(7, note('replaced'))
  clock.alarm(6, note('alarm'))
  assert.equal(clock.next(), 5)
  while (clock.step());
  assert.deepEqual(seen, ['input 5', 'input 5', 'end 5', 'alarm 6'])
  assert.equal(clock.now(), 1006)
  assert.equal(clock.next(), Number.POSITIVE_INFINITY)
})

test('the same seed gives the same run, another seed another one', () => {
  const run = (seed: number) => {
    const dice = new Dice(seed)
    return Array.from({ length: 20 }, () => dice.below(1000)).join()
  }
  assert.equal(run(7), run(7))
  assert.notEqual(run(7), run(8))
})

test('who asks for one turn after the other does not stop time', () => {
  const clock = new SimClock(new Dice(1))
  let done = false
  const again = () => {
    if (!done) clock.afterInput(again)
  }
  clock.afterInput(again)
  clock.after(5, () => {
    done = true
  })
  while (clock.step());
  assert.ok(done)
})
