import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { Dice } from '../../sim/random.ts'
import { MortalBroker } from './mortal-broker.ts'
import { QueueTrail } from './queue-trail.ts'
import { controlled } from './target.ts'
import { TopicTrail } from './topic-trail.ts'
import { words } from './words.ts'

const KILLS = 5
const PARTITIONS = 6
/** How far the queue's publisher may be ahead of the topic's producer, so that every kill hits both. */
const LEAD = 2000

const skip = controlled && 'a real broker cannot be killed here'

suite('every word of English, through a queue and a topic, with kill -9', { skip, timeout: 180_000 }, () => {
  const records = words()
  const broker = new MortalBroker()
  before(() => broker.start())
  after(() => broker.stop())

  test(`${KILLS} kills lose nothing, double nothing and reorder nothing`, async (t) => {
    const seed = Number(process.env.SEED ?? 1)
    const kills = plan(new Dice(seed), records.length)
    const queue = new QueueTrail(broker, 'words', records)
    const topic = new TopicTrail(broker, 'words-by-ending', PARTITIONS, records)
    await topic.create()

    let failed: (error: Error) => void = () => {}
    const failure = new Promise<never>((_, reject) => {
      failed = reject
    })
    /** Every other kill comes at a confirm of the queue, the others at an answer of the topic: each is in the middle of its work then. */
    const progress = (of: 'queue' | 'topic') => (confirmed: number) => {
      if (of === 'topic') queue.allow(confirmed + LEAD)
      if (kills[0]?.of !== of || confirmed < kills[0].at) return
      kills.shift()
      broker.killAndRestart().catch(failed)
    }
    queue.allow(LEAD)
    const work = Promise.all([
      queue.publish(progress('queue')),
      queue.consume(Math.floor(records.length * 0.9)),
      topic.produce(progress('topic')),
      topic.read('meanwhile', 2),
    ])
    const [, , , reread] = await Promise.race([work, failure])
    assert.equal(kills.length, 0)

    const meanwhile = queue.delivered
    await queue.consume(records.length)
    await queue.drain()
    assert.equal(await topic.read('afterwards', 1), 0)

    assert.ok(Math.min(...topic.shares) > 0, 'every partition had some')
    t.diagnostic(`seed ${seed}: ${records.length} records, each through the queue and the topic; ${KILLS} kills`)
    t.diagnostic(`restarts to the first answer: ${broker.restarts.map((ms) => ms.toFixed(0)).join(', ')} ms`)
    const again = queue.deliveries - records.length
    t.diagnostic(`queue: ${meanwhile} came meanwhile; ${queue.resent} sent again, ${again} delivered again`)
    t.diagnostic(`topic: ${topic.shares.join(', ')} records in its partitions; ${reread} read again`)
  })
})

/** When to kill: once in each part of the way, by turns in the middle of the queue's and of the topic's work. */
function plan(dice: Dice, records: number): { of: 'queue' | 'topic'; at: number }[] {
  const part = Math.floor((records * 0.88) / KILLS)
  return Array.from({ length: KILLS }, (_, i) => ({
    of: i % 2 === 0 ? 'queue' : 'topic',
    at: i * part + dice.between(Math.floor(part / 4), part),
  }))
}
