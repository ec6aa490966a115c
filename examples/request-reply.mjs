/*
 * Requests and answers, with what can go wrong: a wrong request, an answer that is refused, one that takes too long.
 */
import { connect, PosthornError, queue, reject } from 'posthorn'

const prices = queue('prices', {
  schema: { type: 'object', properties: { item: { type: 'string' } }, required: ['item'] },
  answer: { type: 'object', properties: { cents: { type: 'integer' } }, required: ['cents'] },
})

const bus = await connect(process.env.POSTHORN_URL ?? 'memory:')
await bus.respond(
  prices,
  async ({ item }, { signal }) => {
    if (item === 'gold') throw reject('not for sale')
    if (item === 'slow') await new Promise((resolve) => signal.addEventListener('abort', resolve))
    return { cents: item.length * 100 }
  },
  { concurrency: 10, patience: '1s' },
)

console.log('tea costs', (await bus.request(prices, { item: 'tea' })).cents)
for (const item of ['gold', 'slow', 42]) {
  try {
    await bus.request(prices, { item }, { timeout: '200ms' })
  } catch (error) {
    if (!(error instanceof PosthornError)) throw error
    console.log(`${item}: ${error.code}`)
  }
}
await bus.close()
