import assert from 'node:assert/strict'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { before, suite, test } from 'node:test'
import { ROOT } from './broker-process.ts'
import { BUILD, missing, run, succeed } from './script.ts'
import { targetOf } from './target.ts'

const { skip, target } = targetOf('amqp')
const jars = join(BUILD, 'spring-amqp')
const notThere = missing('Spring AMQP', 'run scripts/install-clients.sh', existsSync(join(jars, '.ready')))

const SCENARIOS = {
  retry: 'tries again in the listener container, and has what still fails dead-lettered',
  limit: 'has a quorum queue give up after its limit of deliveries',
  expiry: 'finds what expired among the dead letters',
  rpc: 'asks and is answered, by direct reply-to and by temporary queues',
  confirms: 'is told what is confirmed, returned and refused',
  topics: 'routes by topics, and to anonymous queues by a fanout',
  transactions: 'receives and sends in one transaction, and rolls back',
  batches: 'consumes in batches',
  properties: 'gets headers and properties as it sent them',
  stream: 'reads a stream queue from its beginning',
  comesBack: 'listens again when a deleted queue is there again',
}

suite('Spring AMQP', { skip: skip || notThere, timeout: 120_000 }, () => {
  let said = ''
  before(async () => {
    const classes = join(BUILD, 'java')
    mkdirSync(classes, { recursive: true })
    const path = `${classes}:${jars}/*`
    const source = join(ROOT, 'test/interop/java/SpringShop.java')
    await succeed('javac', ['-parameters', '-nowarn', '-d', classes, '-cp', path, source], { timeoutMs: 60_000 })
    const ended = await run('java', ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-cp', path, 'SpringShop', target().uri], {
      timeoutMs: 100_000,
    })
    said = `${ended.out}\n${ended.err}`
  })

  for (const [scenario, title] of Object.entries(SCENARIOS)) {
    test(title, () => {
      const how = new RegExp(`^scenario ${scenario}: (.*)$`, 'm').exec(said)?.[1]
      assert.equal(how, 'well', said)
    })
  }
})
