import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type QuotaEntity, Quotas } from './quotas.ts'
import { Rate, TokenBucket } from './rate.ts'

function quotasOf(...given: [QuotaEntity, number][]): Quotas {
  const quotas = new Quotas()
  for (const [entity, perSecond] of given) quotas.set({ entity, values: { producer_byte_rate: perSecond } })
  return quotas
}

describe('quotas', () => {
  /** From the first that is asked to the last. */
  const STEPS: [QuotaEntity, string][] = [
    [{ user: 'alice', 'client-id': 'app' }, '["alice","app"]'],
    [{ user: 'alice', 'client-id': null }, '["alice","app"]'],
    [{ user: 'alice' }, '["alice"]'],
    [{ user: null, 'client-id': 'app' }, '["alice","app"]'],
    [{ user: null, 'client-id': null }, '["alice","app"]'],
    [{ user: null }, '["alice"]'],
    [{ 'client-id': 'app' }, '[null,"app"]'],
    [{ 'client-id': null }, '[null,"app"]'],
  ]

  for (const [from, [entity, sharers]] of STEPS.entries()) {
    it(`apply to ${JSON.stringify(entity)} before all that are more general`, () => {
      const quotas = quotasOf(...STEPS.slice(from).map(([one], at): [QuotaEntity, number] => [one, from + at + 1]))
      assert.deepEqual(quotas.limit('producer_byte_rate', 'alice', 'app'), { perSecond: from + 1, sharers })
      assert.equal(quotas.limit('consumer_byte_rate', 'alice', 'app'), null)
    })
  }

  it('apply to nobody else', () => {
    const quotas = quotasOf(
      [{ user: 'bob' }, 1],
      [{ 'client-id': 'other' }, 1],
      [{ user: 'alice', 'client-id': 'x' }, 1],
    )
    assert.equal(quotas.limit('producer_byte_rate', 'alice', 'app'), null)
  })

  it('are gone with their last value', () => {
    const quotas = quotasOf([{ user: 'alice' }, 1])
    quotas.set({ entity: { user: 'alice' }, values: {} })
    assert.equal(quotas.size, 0)
    assert.equal(quotas.limit('producer_byte_rate', 'alice', ''), null)
  })
})

describe('a rate', () => {
  it('is kept by who waits as long as it says, from the first burst on', () => {
    const rate = new Rate()
    let now = 5000
    let sent = 0
    const began = now
    while (now < began + 60_000) {
      rate.record(2500, now)
      sent += 2500
      now += rate.throttleMs(1000, now) + 1
    }
    const perSecond = sent / ((now - began) / 1000)
    assert.ok(perSecond > 900 && perSecond < 1300, `${perSecond}`)
  })

  it('costs nothing below the limit, and forgets what is long ago', () => {
    const rate = new Rate()
    rate.record(10_000, 0)
    assert.equal(rate.throttleMs(1000, 0), 0)
    rate.record(5000, 0)
    assert.equal(rate.throttleMs(1000, 0), 5000)
    assert.equal(rate.throttleMs(1000, 20_000), 0)
  })
})

describe('a bucket of tokens', () => {
  it('may be overdrawn once, and fills up with time', () => {
    const bucket = new TokenBucket()
    assert.equal(bucket.isEmpty(1, 0), false)
    bucket.take(20, 1, 0)
    assert.equal(bucket.isEmpty(1, 0), true)
    assert.equal(bucket.throttleMs(1, 0), 9000)
    assert.equal(bucket.isEmpty(1, 8999), true)
    assert.equal(bucket.isEmpty(1, 9000), false)
    assert.equal(bucket.throttleMs(1, 9000), 0)
  })

  it('holds no more than eleven seconds bring', () => {
    const bucket = new TokenBucket()
    bucket.take(0, 2, 0)
    bucket.take(22, 2, 1_000_000)
    assert.equal(bucket.isEmpty(2, 1_000_000), false)
    bucket.take(1, 2, 1_000_000)
    assert.equal(bucket.isEmpty(2, 1_000_000), true)
  })
})
