import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect } from '../../src/engines/connect.ts'
import { json } from '../../src/sdk/contract/json.ts'
import { topic } from '../../src/sdk/topic.ts'
import { namesOf, PARTITIONS } from '../effects/names.ts'
import { COUNT, LIVES, playEffects, TIMEOUT_MS } from '../effects/play.ts'

const END = -1

const title = `each of ${COUNT} effects happens once, in tables and in a topic, however often the process, which is the broker as well, is killed`
test(title, { timeout: TIMEOUT_MS }, async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'posthorn-'))
  const data = join(directory, 'data')
  try {
    const { kills } = await playEffects({ url: `file:${data}`, faults: [], lives: LIVES, signal: t.signal }, '')
    const published = await shipments(data)
    assert.equal(published.length, COUNT)
    assert.equal(new Set(published).size, COUNT)
    t.diagnostic(`file: ${COUNT} messages, each effect once through ${kills} kills of the process`)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})

/** All records of the topic. */
async function shipments(data: string): Promise<number[]> {
  const bus = await connect(`file:${data}`)
  const shipped = topic(namesOf('').shipped, { schema: json<number>(), partitions: PARTITIONS })
  for (let partition = 0; partition < PARTITIONS; partition++) await bus.publish(shipped, END, { partition })
  const found: number[] = []
  let open = PARTITIONS
  await new Promise<void>((resolve) => {
    bus.subscribe(shipped, { from: 'earliest' }, (n) => {
      if (n !== END) found.push(n)
      else if (--open === 0) resolve()
    })
  })
  await bus.close()
  return found
}
