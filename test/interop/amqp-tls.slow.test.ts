import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { connect } from 'amqplib'
import { Authority } from '../certificates.ts'
import { type BrokerProcess, ROOT, startBroker } from './broker-process.ts'
import { missingPython, PYTHON, run } from './script.ts'
import { controlled, fresh } from './target.ts'

/** The real broker that others use has no certificate. */
const skip = controlled ? 'it takes a broker with a certificate' : false

suite('AMQP over TLS', { skip, timeout: 60_000 }, () => {
  const authority = skip === false ? new Authority() : null
  let broker: BrokerProcess
  let port: number

  before(async () => {
    const { certificate, key } = authority!.sign('/CN=localhost')
    const files = ['--tls-certificate', certificate, '--tls-key', key, '--tls-ca', authority!.ca]
    broker = await startBroker({ args: [...files, '--listen', 'amqps://127.0.0.1:0?clientAuth=request'] })
    await broker.logged(/"name":"amqps"/)
    port = Number(/"name":"amqps".*?"port":(\d+)/.exec(broker.log())?.[1])
  })
  after(async () => {
    await broker?.stop()
    authority?.remove()
  })

  test('amqplib publishes with confirms and consumes what it published', async () => {
    const ca = [readFileSync(authority!.ca)]
    const connection = await connect(`amqps://guest:guest@localhost:${port}`, { ca })
    const channel = await connection.createConfirmChannel()
    const { queue } = await channel.assertQueue(fresh('tls'), { exclusive: true })
    const large = Buffer.alloc(300_000, 'x')
    for (const body of [Buffer.from('small'), large]) channel.sendToQueue(queue, body)
    await channel.waitForConfirms()
    const came = [await channel.get(queue), await channel.get(queue)]
    assert.deepEqual(
      came.map((message) => message !== false && message.content.length),
      [5, large.length],
    )
    await connection.close()
  })

  test('amqplib refuses a broker whose authority it does not know', async () => {
    await assert.rejects(connect(`amqps://guest:guest@localhost:${port}`), /certificate/)
  })

  test('pika publishes and consumes, with a certificate of its own', { skip: missingPython() }, async () => {
    const own = authority!.sign('/O=Example/CN=pika')
    const script = join(ROOT, 'test/interop/python/tls_scenario.py')
    const { err, code } = await run(PYTHON, [script, String(port), authority!.ca, own.certificate, own.key])
    assert.equal(code, 0, err)
  })
})
