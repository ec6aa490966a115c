import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { connect } from 'amqplib'
import { PROGRAM, startBroker } from './broker-process.ts'
import { flip, SMALL_JOURNAL } from './flip.ts'
import { run } from './script.ts'
import { controlled } from './target.ts'

const MESSAGES = 12_000
const DAMAGES = 6

/** Every file of a data directory but sockets. */
function filesOf(directory: string): string[] {
  const inside = ['journal', 'segment', 'checkpoint'].flatMap((folder) =>
    readdirSync(join(directory, folder)).map((name) => join(folder, name)),
  )
  return ['VERSION', ...inside]
}

const sumOf = (directory: string) =>
  filesOf(directory).map(
    (path) =>
      `${path} ${createHash('sha256')
        .update(readFileSync(join(directory, path)))
        .digest('hex')}`,
  )

/** The same numbers each time. */
function drawn(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return state / 2 ** 32
  }
}

suite('salvage', { skip: controlled, timeout: 240_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-salvage-'))
  after(() => rmSync(folder, { recursive: true }))
  const data = join(folder, 'data')

  test('of the directory of a killed broker, with a bit turned round anywhere, a new one has all but what is told', async (t) => {
    const broker = await startBroker({ directory: data, args: SMALL_JOURNAL })
    const connection = await connect(`amqp://guest:guest@127.0.0.1:${broker.amqpPort}`)
    connection.on('error', () => {})
    const channel = await connection.createConfirmChannel()
    await channel.assertQueue('q', { durable: true })
    await channel.assertQueue('s', { durable: true, arguments: { 'x-queue-type': 'stream' } })
    for (let i = 0; i < MESSAGES; i++) {
      channel.sendToQueue(i % 2 === 0 ? 'q' : 's', Buffer.from(`${i}`.padEnd(400)), { persistent: true })
      if (i % 200 === 199) await channel.waitForConfirms()
    }
    await broker.stop('SIGKILL')
    const draw = drawn(7)
    let lost = 0
    for (let n = 0; n < DAMAGES; n++) {
      const [hurt, mended] = [join(folder, `hurt-${n}`), join(folder, `mended-${n}`)]
      cpSync(data, hurt, { recursive: true, filter: (path) => !path.endsWith('.sock') })
      const files = filesOf(hurt)
      const path = join(hurt, files[Math.floor(draw() * files.length)]!)
      const at = Math.floor(draw() * statSync(path).size)
      flip(path, at, Math.floor(draw() * 8))
      const before = sumOf(hurt)
      const salvaged = await run(process.execPath, [PROGRAM, 'salvage', hurt, '--to', mended])
      const where = `${path} at ${at}: ${salvaged.out}${salvaged.err}`
      assert.ok(salvaged.code === 0 || salvaged.code === 3, where)
      assert.deepEqual(sumOf(hurt), before)
      assert.equal((await run(process.execPath, [PROGRAM, 'inspect', mended])).code, 0, where)
      const told = (of: string) => {
        const pattern = new RegExp(`^lost +${of}[^:]*: (\\d+)(?: to (\\d+))?`, 'gm')
        return [...salvaged.out.matchAll(pattern)].reduce(
          (sum, [, from, to]) => sum + Number(to ?? from) - Number(from) + 1,
          0,
        )
      }
      const again = await startBroker({ directory: mended, args: SMALL_JOURNAL })
      const client = await connect(`amqp://guest:guest@127.0.0.1:${again.amqpPort}`)
      const model = await client.createChannel()
      const missing = MESSAGES / 2 - (await model.checkQueue('q')).messageCount
      if (missing > 0) lost++
      // Behind the last that came there may have been more, in the last frame as in a torn tail.
      if (!path.includes('journal')) assert.equal(told("queue 'q'"), missing, where)
      await client.close()
      await again.stop()
    }
    t.diagnostic(`of ${DAMAGES} damages ${lost} cost messages of the queue`)
  })

  test('nothing is written over what is there, and a directory that is none is refused', async () => {
    const over = await run(process.execPath, [PROGRAM, 'salvage', data, '--to', folder])
    assert.match(over.err, /is not empty/)
    const none = await run(process.execPath, [PROGRAM, 'salvage', folder, '--to', join(folder, 'x')])
    assert.match(none.err, /is no data directory/)
  })
})
