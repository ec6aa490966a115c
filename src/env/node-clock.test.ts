import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NodeClock } from './node-clock.ts'

/** The alarm does not keep the process alive, so something else has to while a test waits for it. */
async function rings(set: (wake: () => void) => void): Promise<void> {
  const alive = setInterval(() => {}, 1000)
  await new Promise<void>((resolve) => set(resolve))
  clearInterval(alive)
}

test('the alarm rings once, not before its deadline, and the last one set counts', async () => {
  const clock = new NodeClock()
  const start = clock.elapsed()
  clock.alarm(start + 1, () => assert.fail('this one was replaced'))
  await rings((wake) => clock.alarm(start + 3, wake))
  assert.ok(clock.elapsed() >= start + 3)
  clock.alarm(clock.elapsed() + 60_000, () => assert.fail('this one was replaced'))
  await rings((wake) => clock.alarm(clock.elapsed() - 1, wake))
})

test('an alarm can be switched off, and set beyond what a timer takes', async () => {
  const clock = new NodeClock()
  clock.alarm(clock.elapsed() + 1, () => assert.fail('it is off'))
  clock.alarm(Number.POSITIVE_INFINITY, () => assert.fail('it never rings'))
  await rings((wake) => setTimeout(wake, 5))
  clock.alarm(clock.elapsed() + 2 ** 40, () => assert.fail('not in this life'))
  await rings((wake) => clock.afterInput(wake))
})
