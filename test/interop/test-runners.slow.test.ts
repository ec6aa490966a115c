import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { ROOT } from './broker-process.ts'
import { BUILD, missing, run } from './script.ts'
import { controlled } from './target.ts'

const RUNNERS = join(BUILD, 'test-runners/node_modules')
const notThere = missing('build/test-runners', 'run scripts/install-clients.sh', existsSync(RUNNERS))

/** docs/testing.md, for runners whose names are `beforeAll` and `afterAll`. */
const RECIPE = `import { json, queue } from 'posthorn'
import { testBroker } from 'posthorn/testing'

const orders = queue('orders', { schema: json(), retry: { attempts: 5, delay: '10m' } })
let broker
beforeAll(async () => {
  broker = await testBroker()
})
afterAll(() => broker.close())

test('a day of retries passes at once', async () => {
  const bus = await broker.connect()
  await bus.consume(orders, (order, { attempt }) => {
    if (attempt < 5) throw new Error('not yet')
  })
  await bus.send(orders, { id: 'o-1' })
  await broker.advance('1d')
  const { context } = await broker.handled(orders, (order) => order.id === 'o-1')
  expect(context.attempt).toBe(5)
})
`

suite('the recipe for tests', { skip: controlled || notThere, timeout: 120_000 }, () => {
  const project = mkdtempSync(join(tmpdir(), 'posthorn-runners-'))
  before(() => {
    const modules = join(project, 'node_modules')
    mkdirSync(modules)
    for (const name of readdirSync(RUNNERS)) symlinkSync(join(RUNNERS, name), join(modules, name))
    symlinkSync(ROOT, join(modules, 'posthorn'))
    writeFileSync(join(project, 'package.json'), '{ "type": "module" }')
    writeFileSync(join(project, 'jest.test.mjs'), RECIPE)
    const names = `import { afterAll, beforeAll, expect, test } from 'vitest'\n`
    writeFileSync(join(project, 'vitest.test.mjs'), names + RECIPE)
  })
  after(() => rmSync(project, { recursive: true, force: true }))

  const play = async (command: string) => {
    const { out, err, code } = await run('sh', ['-c', `cd ${project} && ${command}`])
    assert.equal(code, 0, out + err)
    assert.match(out + err, /1 passed/)
  }

  test('runs in Vitest', () => play('node_modules/.bin/vitest run vitest.test.mjs'))
  test('runs in Jest', () =>
    play(
      `NODE_OPTIONS=--experimental-vm-modules node_modules/.bin/jest --transform '{}' --testMatch '**/jest.test.mjs'`,
    ))
})
