import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'

const IMAGES = process.env.SIM_IMAGES ?? '150'

test(`${IMAGES} crash images of a real process hold all that was promised`, () => {
  const main = join(import.meta.dirname, '../main.js')
  const { status, stdout } = spawnSync(process.execPath, [main, '--images', IMAGES, '--promises', '1500'], {
    encoding: 'utf8',
  })
  assert.equal(status, 0, stdout)
  for (const name of ['promises checked', 'checkpoints', 'tidyings', 'changes torn', 'changes lost']) {
    const count = new RegExp(`^${name} +(\\d+)$`, 'm').exec(stdout)?.[1]
    assert.ok(Number(count) > 0, `${name}: ${count ?? 'not told'}`)
  }
})
