import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkImages } from './images.ts'

const IMAGES = Number(process.env.SIM_IMAGES ?? 150)

test(`${IMAGES} crash images of a real process hold all that was promised`, async () => {
  const { counts } = await checkImages(1, IMAGES, 1200, false)
  for (const name of ['promises checked', 'checkpoints', 'tidyings', 'changes torn', 'changes lost']) {
    assert.ok((counts.get(name) ?? 0) > 0, `${name}: none`)
  }
})
