import assert from 'node:assert/strict'
import { linkSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { NodeDisk } from './node-disk.ts'

function openDisk(t: TestContext): { disk: NodeDisk; root: string } {
  const root = mkdtempSync(join(tmpdir(), 'posthorn-disk-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  return { disk: new NodeDisk(root), root }
}

function remove(disk: NodeDisk, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    disk.removeAsync(path, (error) => (error === null ? resolve() : reject(error)))
  })
}

test('a large file that is removed is gone', async (t) => {
  const { disk, root } = openDisk(t)
  writeFileSync(join(root, 'large'), new Uint8Array(9 * 2 ** 20).fill(7))
  await remove(disk, 'large')
  assert.equal(disk.exists('large'), false)
})

test('a large file that has another name, as in a backup, keeps all of its bytes there', async (t) => {
  const { disk, root } = openDisk(t)
  const bytes = new Uint8Array(9 * 2 ** 20).fill(7)
  writeFileSync(join(root, 'large'), bytes)
  linkSync(join(root, 'large'), join(root, 'backup'))
  await remove(disk, 'large')
  assert.equal(disk.exists('large'), false)
  assert.equal(statSync(join(root, 'backup')).size, bytes.length)
  assert.ok(readFileSync(join(root, 'backup')).equals(bytes))
})

test('a large file that is being removed is never seen without its end', async (t) => {
  const { disk, root } = openDisk(t)
  writeFileSync(join(root, 'large'), new Uint8Array(64 * 2 ** 20))
  let removed = false
  const sizes = new Set<number | undefined>()
  const look = (): void => {
    sizes.add(statSync(join(root, 'large'), { throwIfNoEntry: false })?.size)
    if (!removed) setImmediate(look)
  }
  look()
  await remove(disk, 'large')
  removed = true
  assert.deepEqual([...sizes], [64 * 2 ** 20, undefined])
})

test('removing a file that is not there is an error', async (t) => {
  const { disk } = openDisk(t)
  await assert.rejects(remove(disk, 'nothing'), { code: 'ENOENT' })
})
