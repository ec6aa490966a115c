import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { connect } from '../../src/engines/connect.ts'
import { json } from '../../src/sdk/contract/json.ts'
import { queue } from '../../src/sdk/queue.ts'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..')
const run = promisify(execFile)

const posthorn = async (...args: string[]): Promise<string> => {
  const { stdout } = await run(process.execPath, [join(root, 'dist/bin/posthorn.js'), ...args], { cwd: root })
  return stdout
}

const orders = queue('orders', { schema: json<{ id: string }>(), retry: { attempts: 1 } })

test('dead letters are listed, shown, edited, sent again and discarded from the command line', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'posthorn-'))
  const url = `--url=file:${join(directory, 'data')}`
  try {
    const bus = await connect(url.slice('--url='.length) as 'file:')
    await bus.consume(orders, ({ id }) => {
      throw new Error(`no ${id}`)
    })
    for (const id of ['a', 'b', 'c', 'd', 'e']) await (await bus.send(orders, { id }, { receipt: true })).handled
    await bus.close()
    const lines = (await posthorn('dlq', 'list', 'orders', url, '--json')).trim().split('\n')
    const letters = lines.map((line) => JSON.parse(line) as { id: string; failure: { message: string } })
    assert.deepEqual(
      letters.map(({ failure }) => failure.message),
      ['no a', 'no b', 'no c', 'no d', 'no e'],
    )
    assert.match(await posthorn('dlq', 'list', 'orders', url, '--match', 'no b'), /Error: no b/)
    const [a, b] = [letters[0]!, letters[1]!]
    assert.match(await posthorn('dlq', 'show', 'orders', a.id, url), /cause +Error: no a[\s\S]*{"id":"a"}/)
    await writeFile(join(directory, 'better.json'), '{"id":"better"}')
    await posthorn('dlq', 'resend', 'orders', a.id, url, '--body', join(directory, 'better.json'))
    await posthorn('dlq', 'discard', 'orders', b.id, url)
    // Between two of them nothing but the rate keeps the process alive.
    assert.match(await posthorn('dlq', 'redrive', 'orders', url, '--limit', '2', '--rate', '20'), /2 sent again/)
    assert.match(await posthorn('dlq', 'redrive', 'orders', url), /1 sent again/)
    assert.equal(await posthorn('dlq', 'list', 'orders', url), 'none\n')
    await assert.rejects(posthorn('dlq', 'discard', 'orders', '999', url), /there is no dead letter 999/)
    const again = await connect(url.slice('--url='.length) as 'file:')
    const got: string[] = []
    await new Promise<void>((done) => {
      again.consume(orders, ({ id }) => {
        got.push(id)
        if (got.length === 4) done()
      })
    })
    await again.close()
    assert.deepEqual(got.sort(), ['better', 'c', 'd', 'e'])
  } finally {
    await rm(directory, { recursive: true })
  }
})

test('a module’s queues and topics are a document', async () => {
  const directory = await mkdtemp(join(root, 'dist', 'asyncapi-'))
  try {
    const file = join(directory, 'contracts.mjs')
    await writeFile(
      file,
      `import { json, queue } from 'posthorn'\nexport const orders = queue('orders', { schema: json() })\n`,
    )
    const document = JSON.parse(await posthorn('asyncapi', file, '--title', 'Shop'))
    assert.equal(document.info.title, 'Shop')
    assert.deepEqual(Object.keys(document.channels), ['orders'])
  } finally {
    await rm(directory, { recursive: true })
  }
})
