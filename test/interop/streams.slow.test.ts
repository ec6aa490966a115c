import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { type BrokerProcess, ROOT, startBroker } from './broker-process.ts'
import { missingPython, PYTHON, run } from './script.ts'
import { controlled } from './target.ts'

const control = process.env.POSTHORN_CONTROL_AMQP
const skip = controlled && control === undefined && 'no real broker was named for amqp'

/** Those that RabbitMQ plays as well. */
const SCENARIOS = {
  same: 'gets back exactly what was published',
  starts: 'begins where it wants',
  filters: 'gets what passes its filter',
  follow: 'follows beside others, and is told when the stream goes',
  transactions: 'gets what a transaction published, when it is committed',
  dead: 'gets dead letters',
}

suite('a consumer of a stream queue', { skip: skip || missingPython(), timeout: 60_000 }, () => {
  let broker: BrokerProcess | null = null
  before(async () => {
    if (control === undefined) broker = await startBroker()
  })
  after(() => broker?.stop())

  async function play(scenario: string): Promise<void> {
    const ours = broker === null ? [] : [`127.0.0.1:${broker.kafkaPort}`]
    const at = control?.split(':') ?? ['127.0.0.1', String(broker!.amqpPort)]
    const script = join(ROOT, 'test/interop/python/stream_scenarios.py')
    const { err, code } = await run(PYTHON, [script, scenario, ...at, ...ours])
    assert.equal(code, 0, err)
  }

  for (const [scenario, title] of Object.entries(SCENARIOS)) test(title, () => play(scenario))

  const onlyBoth = { skip: controlled && 'only Posthorn has both' }
  test('sees a Kafka transaction when it is committed, and never if it is aborted', onlyBoth, () => play('stable'))

  test('is one with the topic of its name', onlyBoth, () => play('both'))
})
