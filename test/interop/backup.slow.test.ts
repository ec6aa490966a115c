import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, watch } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { connect } from 'amqplib'
import { PROGRAM, startBroker } from './broker-process.ts'
import { run } from './script.ts'
import { controlled } from './target.ts'

const MESSAGES = 20_000
const SMALL = ['--journal-file', '1MiB', '--journal-ring', '1MiB', '--journal-files', '4']

suite('backup', { skip: controlled, timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-backup-'))
  after(() => rmSync(folder, { recursive: true }))
  const posthorn = (...args: string[]) => run(process.execPath, [PROGRAM, ...args])

  test('a copy taken under load has everything that was confirmed before it, and a broker starts on it', async () => {
    const [data, copy, restored] = ['data', 'copy', 'restored'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ]
    const broker = await startBroker({ directory: data, args: SMALL })
    const connection = await connect(`amqp://guest:guest@127.0.0.1:${broker.amqpPort}`)
    const channel = await connection.createConfirmChannel()
    await channel.assertQueue('kept')
    let confirmed = 0
    let backup: Promise<number> | null = null
    let before = 0
    for (let i = 0; i < MESSAGES; i++) {
      channel.publish('', 'kept', Buffer.from(`${i}`.padEnd(200)), { persistent: true })
      if (i % 500 !== 499) continue
      await channel.waitForConfirms()
      confirmed = i + 1
      if (confirmed === MESSAGES / 2) {
        before = confirmed
        backup = posthorn('backup', 'create', '--to', copy, '--data', data).then(({ code }) => code as number)
      }
    }
    assert.equal(await backup, 0)
    assert.equal((await channel.checkQueue('kept')).messageCount, MESSAGES)
    await connection.close()
    await broker.stop()
    assert.equal(existsSync(join(copy, 'lock.sock')), false)

    const again = await posthorn('restore', copy, '--data', restored)
    assert.equal(again.code, 0, again.err)
    assert.equal((await posthorn('inspect', restored)).code, 0)
    const other = await startBroker({ directory: restored, args: SMALL })
    const model = await connect(`amqp://guest:guest@127.0.0.1:${other.amqpPort}`)
    const reader = await model.createChannel()
    const { messageCount } = await reader.checkQueue('kept')
    assert.ok(messageCount >= before && messageCount <= MESSAGES, `${messageCount} messages are in the copy`)
    const first = await reader.get('kept', { noAck: true })
    assert.equal(first === false ? '' : first.content.toString().trim(), '0')
    await model.close()
    await other.stop()
  })

  test('a broker that is killed while it copies leaves a whole copy or none, and goes on where it was', async () => {
    const [data, copy, restored] = ['killed', 'killed-copy', 'killed-restored'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ]
    const broker = await startBroker({ directory: data, args: SMALL })
    const connection = await connect(`amqp://guest:guest@127.0.0.1:${broker.amqpPort}`)
    connection.on('error', () => {})
    const channel = await connection.createConfirmChannel()
    await channel.assertQueue('kept')
    for (let i = 0; i < MESSAGES; i++) channel.publish('', 'kept', Buffer.alloc(1000), { persistent: true })
    await channel.waitForConfirms()
    const begun = new Promise<void>((resolve) => {
      const watcher = watch(folder, { recursive: false }, (_, name) => {
        if (name !== 'killed-copy') return
        watcher.close()
        resolve()
      })
    })
    const backup = posthorn('backup', 'create', '--to', copy, '--data', data)
    await begun
    await broker.stop('SIGKILL')
    await backup
    const restore = await posthorn('restore', copy, '--data', restored)
    if (existsSync(join(copy, 'VERSION'))) assert.equal(restore.code, 0, restore.err)
    else assert.match(restore.err, /is no backup/)
    const again = await startBroker({ directory: data, args: SMALL })
    const model = await connect(`amqp://guest:guest@127.0.0.1:${again.amqpPort}`)
    const reader = await model.createChannel()
    assert.equal((await reader.checkQueue('kept')).messageCount, MESSAGES)
    assert.equal((await posthorn('backup', 'create', '--to', `${copy}-2`, '--data', data)).code, 0)
    await model.close()
    await again.stop()
    assert.equal((await posthorn('inspect', `${copy}-2`)).code, 0)
  })

  test('nothing is copied over what is there, nor into the data directory', async () => {
    const data = join(folder, 'data')
    const over = await posthorn('backup', 'create', '--to', folder, '--data', data)
    assert.match(over.err, /is not empty/)
    const into = await posthorn('backup', 'create', '--to', join(data, 'copy'), '--data', data)
    assert.match(into.err, /is the data directory, or in it/)
    assert.match((await posthorn('restore', join(folder, 'nowhere'))).err, /is no backup/)
  })
})
