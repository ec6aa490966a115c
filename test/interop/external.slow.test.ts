import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, suite, test } from 'node:test'
import { connect, credentials } from 'amqplib'
import { Authority, type Certificate } from '../certificates.ts'
import { commandLine } from './admin.ts'
import { type BrokerProcess, PROGRAM, startBroker } from './broker-process.ts'
import { run } from './script.ts'
import { controlled } from './target.ts'

suite('AMQP over TLS, by certificate', { skip: controlled, timeout: 60_000 }, () => {
  let authority: Authority
  let broker: BrokerProcess
  let port: number

  before(async () => {
    authority = new Authority()
    const own = authority.sign('/CN=broker')
    const tls = ['--tls-certificate', own.certificate, '--tls-key', own.key, '--tls-ca', authority.ca]
    const listen = ['--listen', 'secure=amqps://127.0.0.1:0?clientAuth=request']
    broker = await startBroker({ args: [...tls, ...listen] })
    const listening = /"name":"secure","host":"127.0.0.1","port":(\d+)/
    await broker.logged(listening)
    port = Number(listening.exec(broker.log())![1])
    const user = 'CN=orders,O=Shop'
    await commandLine(broker.directory).load({
      users: [{ name: user, password_hash: '', tags: '' }],
      permissions: [{ user, vhost: '/', configure: '.*', write: '.*', read: '.*' }],
    })
  })
  after(async () => {
    await broker?.stop()
    authority?.remove()
  })

  const log = (client: Certificate | null) => {
    const identity = client === null ? {} : { cert: readFileSync(client.certificate), key: readFileSync(client.key) }
    const options = { ca: [readFileSync(authority.ca)], ...identity, credentials: credentials.external() }
    return connect({ protocol: 'amqps', hostname: '127.0.0.1', port, vhost: '/' }, options)
  }

  test('a certificate’s whole name is a user’s', async () => {
    const connection = await log(authority.sign('/O=Shop/CN=orders'))
    await (await connection.createChannel()).assertQueue('by.certificate')
    await connection.close()
    const { out } = await run(process.execPath, [PROGRAM, 'queues', 'list', '--data', broker.directory])
    assert.match(out, /by\.certificate/)
  })

  test('a name that is no user’s is refused, and so is who has no certificate', async () => {
    await assert.rejects(
      () => log(authority.sign('/O=Shop/CN=nobody')),
      /refused using authentication mechanism EXTERNAL/,
    )
    await assert.rejects(() => log(null))
  })
})
