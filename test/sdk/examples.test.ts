import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { TELLS } from './examples.ts'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..')

for (const [name, tells] of Object.entries(TELLS)) {
  test(`the example ${name} runs`, async () => {
    const args = [join(root, 'examples', name)]
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 60_000 })
    assert.match(stdout, tells)
  })
}

test('each example is known here, or is NestJS’s', () => {
  const files = readdirSync(join(root, 'examples')).filter((name) => name !== 'README.md')
  assert.deepEqual(files.sort(), [...Object.keys(TELLS), 'nestjs-module.ts'].sort())
})
