import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { connect } from 'amqplib'
import { startBroker } from './broker-process.ts'
import { flip, SMALL_JOURNAL } from './flip.ts'
import { controlled } from './target.ts'

const MESSAGES = 8000
const DAMAGES = 5

const textOf = (i: number) => `${i}`.padEnd(400, 'x')

suite('a data directory in which a bit has turned round', { skip: controlled, timeout: 240_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-damage-'))
  after(() => rmSync(folder, { recursive: true }))

  test('never gives a client anything else than what was sent, and tells what it keeps back', async (t) => {
    const data = join(folder, 'data')
    const broker = await startBroker({ directory: data, args: SMALL_JOURNAL })
    const connection = await connect(`amqp://guest:guest@127.0.0.1:${broker.amqpPort}`)
    const channel = await connection.createConfirmChannel()
    await channel.assertQueue('q', { durable: true })
    for (let i = 0; i < MESSAGES; i++) {
      channel.sendToQueue('q', Buffer.from(textOf(i)), { persistent: true })
      if (i % 200 === 199) await channel.waitForConfirms()
    }
    await connection.close()
    await broker.stop()
    const files = ['journal', 'segment'].flatMap((kind) =>
      readdirSync(join(data, kind)).map((name) => join(kind, name)),
    )
    let kept = 0
    for (let n = 0; n < DAMAGES; n++) {
      const hurt = join(folder, `hurt-${n}`)
      cpSync(data, hurt, { recursive: true, filter: (path) => !path.endsWith('.sock') })
      const path = files[Math.floor((n * files.length) / DAMAGES)]!
      const where = `${path} at ${Math.floor((statSync(join(hurt, path)).size * ((n * 7 + 3) % 11)) / 11)}`
      flip(join(hurt, path), Number(where.split(' ').at(-1)), 4)
      kept += await drained(hurt, where)
    }
    t.diagnostic(`of ${DAMAGES} damages ${kept} kept messages back`)
    assert.ok(kept > 0)
  })
})

/** Takes all messages that the broker gives; 1 if it starts and keeps some back. */
async function drained(directory: string, where: string): Promise<0 | 1> {
  const broker = await startBroker({ directory, args: SMALL_JOURNAL }).catch((error: Error) => error)
  if (broker instanceof Error) {
    assert.match(broker.message, /is damaged|damaged header/, where)
    return 0
  }
  const connection = await connect(`amqp://guest:guest@127.0.0.1:${broker.amqpPort}`)
  const channel = await connection.createChannel()
  let next = 0
  let missing = 0
  const take = () => channel.get('q', { noAck: true })
  for (let message = await take(); message !== false; message = await take()) {
    const text = message.content.toString()
    const i = Number.parseInt(text, 10)
    assert.ok(i >= next, `${where}: ${text.slice(0, 30)} behind ${next}`)
    assert.equal(text, textOf(i), where)
    missing += i - next
    next = i + 1
  }
  missing += MESSAGES - next
  const told = broker.log().match(/"queue":"q".*a message that cannot be read is set aside/g) ?? []
  assert.equal(told.length, missing, where)
  await connection.close()
  await broker.stop()
  return missing > 0 ? 1 : 0
}
