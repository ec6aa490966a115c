import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, suite, test } from 'node:test'
import { Dice } from '../../sim/random.ts'
import { PROGRAM } from './broker-process.ts'
import { KeptQueue } from './kept-queue.ts'
import { MortalBroker } from './mortal-broker.ts'
import { hash } from './numbered-body.ts'
import { controlled } from './target.ts'
import { TopicTrail } from './topic-trail.ts'
import { words } from './words.ts'

const skip = controlled && 'a real broker cannot be killed here'
const seed = Number(process.env.SEED ?? 1)

suite('kill -9 while a million small messages wait', { skip, timeout: 120_000 }, () => {
  const COUNT = 1_000_000
  const broker = new MortalBroker()
  before(() => broker.start())
  after(() => broker.stop())

  test('each is there after every kill, with its content, in order, until its acknowledgement is kept', async (t) => {
    const queue = new KeptQueue(broker, 'million', () => 16)
    const kill = () => broker.killAndRestart(() => inspect(broker.directory).then(() => {}))
    await queue.publish(COUNT)
    assert.equal(queue.confirmed, COUNT)
    await kill()
    // The second kill comes while a consumer holds all of them.
    assert.equal(await queue.checkAll(kill), COUNT)
    assert.equal(await queue.checkAll(), COUNT)
    const remaining = (number: number) => hash(number) % 10 === 0
    await kill()
    await queue.consume(remaining, COUNT)
    await kill()
    const left = await queue.checkAll()
    assert.equal(left, COUNT - queue.settled)
    t.diagnostic(
      `${COUNT} messages of 16 B; restarts to the first answer: ${told(broker.restarts)} ms; at the end ${left} wait`,
    )
  })
})

suite('kill -9 while checkpoints are taken and the journal is tidied', { skip, timeout: 120_000 }, () => {
  const ROUNDS = 10
  const MESSAGES = 20_000
  const RECORDS = 3000
  const broker = new MortalBroker([
    '--journal-file',
    '1MiB',
    '--journal-files',
    '4',
    '--journal-checkpoint',
    '1MiB',
    '--journal-ring',
    '1MiB',
  ])
  before(() => broker.start())
  after(() => broker.stop())

  test(`${ROUNDS} kills lose nothing and change nothing`, async (t) => {
    const dice = new Dice(seed)
    const queue = new KeptQueue(broker, 'kept', (number) => 16 + (hash(number) % 500))
    const topic = new TopicTrail(broker, 'sentences', 3, sentences(ROUNDS * RECORDS))
    await topic.create()
    const waiting: number[] = []
    let segments = 0
    let checkpoints = 0
    const look = async () => {
      const report = await inspect(broker.directory)
      checkpoints = Number(/^ {2}number (\d+)/m.exec(report)?.[1] ?? 0)
      segments = [...(report.split('\nsegments\n')[1] ?? '').matchAll(/whole/g)].length
    }
    for (let round = 0; round < ROUNDS; round++) {
      const at = dice.between(MESSAGES / 4, MESSAGES)
      let restarted: Promise<void> | null = null
      const progress = (confirmed: number) => {
        if (restarted === null && confirmed >= at) restarted = broker.killAndRestart(look)
      }
      const remaining = (number: number) => hash(number + round * 7919) % 8 === 0
      const producing = topic.produce(() => {}, (round + 1) * RECORDS)
      await Promise.all([queue.publish(2 * MESSAGES, progress), queue.consume(remaining), producing])
      await restarted
      waiting.push(await queue.checkAll())
      assert.equal(await topic.read(`after-${round}`, 1, topic.confirmed), 0)
    }
    // How many there are until the last kill hangs on when the kills come.
    assert.ok(checkpoints >= ROUNDS / 2, `${checkpoints} checkpoints`)
    assert.ok(segments > 0, 'nothing was moved to segments')
    t.diagnostic(`seed ${seed}: ${queue.published} messages and ${topic.confirmed} records; ${ROUNDS} kills`)
    t.diagnostic(`restarts to the first answer: ${told(broker.restarts)} ms`)
    t.diagnostic(
      `waiting after each kill: ${waiting.join(', ')}; ${checkpoints} checkpoints, ${segments} segments at the end`,
    )
  })
})

function told(restarts: readonly number[]): string {
  return restarts.map((ms) => ms.toFixed(0)).join(', ')
}

function sentences(count: number): string[] {
  const all = words()
  return Array.from({ length: count }, (_, i) => all.slice(i * 5, i * 5 + 30).join(' '))
}

/** What `posthorn inspect` prints; it must find nothing damaged. */
function inspect(directory: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [PROGRAM, 'inspect', directory], (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`posthorn inspect: ${error.message}\n${stdout}${stderr}`))
    })
  })
}
