import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { type BrokerProcess, startBroker } from './broker-process.ts'
import { controlled } from './target.ts'

const SKIP = controlled && 'no schema registry belongs to the real broker'
const LIVES = 4
const CLIENTS = 16
/** Registrations that are answered before the process is killed in the middle of the others. */
const ANSWERED = 150

interface Answered {
  readonly subject: string
  readonly schema: string
  readonly id: number
  readonly version: number
}

suite('a schema registry that is killed', { skip: SKIP, timeout: 180_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'posthorn-schemas-'))
  after(() => rmSync(directory, { recursive: true, force: true }))

  test('has every schema that it gave an id, under that id, and gives no id twice', async () => {
    const answered: Answered[] = []
    for (let life = 1; life <= LIVES; life++) {
      const broker = await startBroker({ directory, args: ['--listen', 'http://127.0.0.1:0'] })
      const url = `http://127.0.0.1:${broker.httpPort}`
      const before = answered.length
      const clients = Array.from({ length: CLIENTS }, (_, n) =>
        register(url, broker, life, n, answered, before + ANSWERED),
      )
      await Promise.all(clients)
      assert.ok(answered.length >= before + ANSWERED, 'some were answered')
    }
    const broker = await startBroker({ directory, args: ['--listen', 'http://127.0.0.1:0'] })
    const url = `http://127.0.0.1:${broker.httpPort}`
    const byId = new Map<number, string>()
    for (const { subject, schema, id, version } of answered) {
      assert.ok(!byId.has(id) || byId.get(id) === schema, `the id ${id} is that of two schemas`)
      byId.set(id, schema)
      const told = await get(`${url}/subjects/${subject}/versions/${version}`)
      assert.deepEqual([told.id, told.schema], [id, schema])
      assert.equal((await get(`${url}/schemas/ids/${id}`)).schema, schema)
    }
    const all = (await get(`${url}/schemas?limit=1000`)) as unknown as { id: number; schema: string }[]
    assert.equal(new Set(all.map(({ id }) => id)).size, new Set(all.map(({ schema }) => schema)).size)
    await broker.stop()
  })
})

/** Registers one schema after the other until enough were answered, and then kills the broker; ends with it. */
async function register(
  url: string,
  broker: BrokerProcess,
  life: number,
  client: number,
  answered: Answered[],
  enough: number,
): Promise<void> {
  for (let n = 0; ; n++) {
    const subject = `s${client % 8}`
    const name = `R${life}_${client}_${n}`
    const schema = JSON.stringify({ type: 'record', name, fields: [] })
    try {
      const response = await fetch(`${url}/subjects/${subject}-${name}/versions`, {
        method: 'POST',
        headers: {
          'content-type': 'application/vnd.schemaregistry.v1+json',
          'confluent-accept-unknown-properties': 'true',
        },
        body: JSON.stringify({ schema }),
      })
      const { id, version } = (await response.json()) as { id: number; version: number }
      assert.equal(response.status, 200)
      answered.push({ subject: `${subject}-${name}`, schema, id, version })
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error
      return
    }
    if (answered.length === enough) await broker.stop('SIGKILL')
  }
}

async function get(url: string): Promise<{ id: number; schema: string }> {
  const response = await fetch(url)
  assert.equal(response.status, 200, url)
  return (await response.json()) as { id: number; schema: string }
}
