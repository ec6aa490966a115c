import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { connect } from 'amqplib'
import { PROGRAM, startBroker } from './broker-process.ts'
import { run } from './script.ts'
import { controlled } from './target.ts'
import { PASSWORD, tenant } from './tenants.ts'

suite('the command line', { skip: controlled, timeout: 60_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'posthorn-command-line-'))
  after(() => rmSync(directory, { recursive: true }))

  const posthorn = (args: string[], input = '') =>
    run(process.execPath, [PROGRAM, ...args, '--data', directory], { input })
  const well = async (...args: string[]) => {
    const { out, err, code } = await posthorn(args)
    assert.equal(code, 0, err)
    return out
  }

  test('asks a broker that runs, over a socket of its owner’s', async () => {
    const broker = await startBroker({ directory })
    await posthorn(['users', 'set', '--name', 'app', '--password', '-'], 'secret\n')
    await well('permissions', 'set', '--user', 'app', '--configure', '.*', '--write', '.*', '--read', '.*')
    const connection = await connect(`amqp://app:secret@127.0.0.1:${broker.amqpPort}`)
    const [one] = JSON.parse(await well('connections', 'list', '--json')) as { user: string; vhost: string }[]
    assert.deepEqual([one!.user, one!.vhost], ['app', '/'])
    const closed = new Promise<Error>((resolve) => connection.once('close', resolve))
    await well('connections', 'close', '--user', 'app', '--reason', 'tea time')
    assert.match((await closed).message, /tea time/)
    assert.match(await well('users', 'list'), /^name {3}tags +limits +mechanisms\napp {4}/)
    assert.equal(statSync(join(directory, 'control.sock')).mode & 0o777, 0o600)
    await broker.stop()
  })

  test('opens the directory itself when no broker runs, and the broker knows of it later', async () => {
    await well('queues', 'add', '--name', 'later', '--arguments', '{"x-max-length":3}')
    await well('users', 'set', '--name', 'app', '--password', 'other')
    const broker = await startBroker({ directory })
    const connection = await connect(`amqp://app:other@127.0.0.1:${broker.amqpPort}`)
    await (await connection.createChannel()).checkQueue('later')
    await connection.close()
    await broker.stop()
  })

  test('says what is wrong, and ends with a code', async () => {
    const { err, code } = await posthorn(['queues', 'delete', '--name', 'nope'])
    assert.deepEqual([err, code], ["posthorn: there is no queue 'nope' in vhost '/'\n", 1])
    assert.equal((await posthorn(['queues', 'frobnicate'])).code, 2)
    assert.equal((await posthorn(['queues', 'list', '--nope'])).code, 2)
    const nowhere = await run(process.execPath, [PROGRAM, 'users', 'list', '--data', join(directory, 'nowhere')])
    assert.match(nowhere.err, /there is no broker's data in/)
  })

  test('a broker takes its users from a definitions file, and starts with no other', async () => {
    const file = join(directory, 'definitions.json')
    writeFileSync(file, JSON.stringify(tenant('v')))
    const broker = await startBroker({ args: ['--definitions-file', file] })
    const url = (user: string, vhost: string) => `amqp://${user}:${PASSWORD}@127.0.0.1:${broker.amqpPort}/${vhost}`
    await (await connect(url('v.owner', 'v'))).close()
    await assert.rejects(() => connect(url('guest', '%2F')), /ACCESS_REFUSED/)
    await broker.stop()
    writeFileSync(file, '{"queues":[{"name":"q","vhost":"nowhere"}]}')
    const args = [PROGRAM, 'serve', '--definitions-file', file, '--listen', 'amqp://127.0.0.1:0']
    const { err, code } = await run(process.execPath, [...args, '--data', join(directory, 'other')])
    assert.equal(code, 1)
    assert.match(err, /can't be imported: queues: 'q' in vhost 'nowhere': there is no vhost 'nowhere'/)
  })
})
