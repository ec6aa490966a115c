import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Disk } from '../src/env/disk.ts'
import { NodeDisk } from '../src/env/node-disk.ts'
import { SimClock } from './clock.ts'
import { SimDisk } from './disk.ts'
import { Dice } from './random.ts'

function simulated(seed = 1) {
  const dice = new Dice(seed)
  const clock = new SimClock(dice)
  return { dice, clock, disk: new SimDisk(clock, dice) }
}

function bytes(length: number, value: number): Uint8Array {
  return new Uint8Array(length).fill(value)
}

/** What both disks must do alike; `settle` lets asynchronous calls complete. */
async function contract(disk: Disk, settle: (done: () => boolean) => Promise<void>) {
  assert.deepEqual(disk.list('journal'), [])
  disk.makeDirectory('journal/deep')
  const file = disk.open('journal/a', 'create')
  file.write(bytes(100, 7), 10, 50, 200)
  assert.equal(file.size(), 250)
  const into = bytes(300, 1)
  assert.equal(file.read(into, 5, 100, 190), 60)
  assert.deepEqual([into[4], into[5], into[14], into[15], into[64], into[65]], [1, 0, 0, 7, 7, 1])
  assert.equal(file.read(into, 0, 10, 250), 0)

  const seen: string[] = []
  const note = (what: string) => (error: Error | null, n?: unknown) => seen.push(`${what} ${error ?? ''}${n ?? ''}`)
  file.writeAsync(bytes(10, 9), 0, 10, 245, note('write'))
  assert.equal(seen.length, 0, 'never before the call has returned')
  await settle(() => seen.length === 1)
  file.readAsync(into, 0, 300, 240, note('read'))
  file.syncAsync(note('sync'))
  await settle(() => seen.length === 3)
  assert.deepEqual(seen.sort(), ['read 15', 'sync ', 'write '])
  assert.deepEqual([into[4], into[5], into[14], into[15]], [7, 9, 9, 7])
  file.truncate(20)
  assert.equal(file.size(), 20)
  file.close()

  assert.deepEqual(disk.list('journal'), ['a', 'deep'])
  assert.throws(() => disk.open('journal/none', 'existing'), { code: 'ENOENT' })
  disk.open('journal/b', 'create').close()
  disk.rename('journal/a', 'journal/b')
  disk.syncDirectory('journal')
  assert.deepEqual([disk.exists('journal/a'), disk.exists('journal/b'), disk.exists('journal')], [false, true, true])
  assert.equal(disk.open('journal/b', 'existing').size(), 20)
  assert.equal(disk.open('journal/b', 'create').size(), 0)
  let free = -1
  disk.freeAsync((_, n) => (free = n!))
  disk.openAsync('journal/none', 'existing', (error) => seen.push((error as NodeJS.ErrnoException).code!))
  await settle(() => free >= 0 && seen.length === 4)
  assert.equal(seen.pop(), 'ENOENT')
  disk.renameAsync('journal/b', 'journal/c', note('rename'))
  await settle(() => seen.length === 4)
  disk.syncDirectoryAsync('journal', note('directory'))
  disk.removeAsync('journal/c', note('remove'))
  await settle(() => seen.length === 6)
  assert.deepEqual(disk.list('journal'), ['deep'])
}

test('the real disk keeps its contract', async () => {
  const root = mkdtempSync(join(tmpdir(), 'posthorn-disk-'))
  try {
    await contract(new NodeDisk(join(root, 'made')), async (done) => {
      while (!done()) await new Promise((resolve) => setImmediate(resolve))
    })
  } finally {
    rmSync(root, { recursive: true })
  }
})

test('the simulated disk keeps the same contract', async () => {
  const { clock, disk } = simulated()
  await contract(disk, async (done) => {
    while (!done()) assert.ok(clock.step())
  })
})

test('what was synced survives every power loss', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const { disk } = simulated(seed)
    const file = disk.open('a', 'create')
    file.write(bytes(3000, 1), 0, 3000, 0)
    file.sync()
    disk.syncDirectory('')
    file.write(bytes(3000, 2), 0, 3000, 3000)
    const left = disk.lose().contents('a')!
    assert.ok(left.length >= 3000 && left.length <= 6000)
    assert.ok(left.subarray(0, 3000).every((byte) => byte === 1))
  }
})

test('what was not synced is lost, kept, cut or torn by sectors, and so are names', () => {
  const seen = new Set<string>()
  for (let seed = 1; seed <= 300; seed++) {
    const { disk } = simulated(seed)
    const file = disk.open('a', 'create')
    file.write(bytes(2048, 1), 0, 2048, 0)
    file.sync()
    if (seed % 3) disk.syncDirectory('')
    file.write(bytes(2048, 2), 0, 2048, 0)
    const left = disk.lose().contents('a')
    if (left === undefined) seen.add('no name')
    else seen.add([0, 512, 1024, 1536].map((at) => left[at]).join(''))
    assert.ok(left === undefined || left.every((byte, i) => byte === left[i - (i % 512)]), 'a sector is whole')
  }
  for (const fate of ['no name', '1111', '2222', '2111', '2211', '1212', '1222']) assert.ok(seen.has(fate), fate)
})

test('an asynchronous sync covers what was written before the call, not after it', () => {
  const { clock, disk } = simulated()
  const file = disk.open('a', 'create')
  disk.syncDirectory('')
  file.write(bytes(512, 1), 0, 512, 0)
  let done = false
  file.syncAsync(() => (done = true))
  file.write(bytes(512, 2), 0, 512, 512)
  while (!done) clock.step()
  assert.deepEqual([...disk.lose('lost').contents('a')!], [...bytes(512, 1)])
})

test('after a kill everything written is there; a dead disk never answers', () => {
  const { clock, disk } = simulated()
  const file = disk.open('a', 'create')
  file.write(bytes(10, 1), 0, 10, 0)
  file.syncAsync(() => assert.fail('the process is dead'))
  const left = disk.kill()
  while (clock.step());
  assert.deepEqual([...left.contents('a')!], [...bytes(10, 1)])
  assert.throws(() => disk.exists('a'), { name: 'PowerLoss' })
})

test('a full disk takes what fits, refuses the rest and still overwrites', () => {
  const { clock, disk } = simulated()
  disk.capacity = 1000
  const file = disk.open('a', 'create')
  assert.throws(() => file.write(bytes(1200, 1), 0, 1200, 0), { code: 'ENOSPC' })
  assert.equal(file.size(), 1000)
  file.write(bytes(1000, 2), 0, 1000, 0)
  let code = ''
  file.writeAsync(bytes(1, 1), 0, 1, 1000, (error) => (code = (error as NodeJS.ErrnoException).code!))
  while (clock.step());
  assert.equal(code, 'ENOSPC')
  assert.deepEqual([disk.counts.full, disk.counts.partialWrites], [2, 2])
})

test('operations can be made to fail', () => {
  const { disk } = simulated()
  disk.onOperation = (kind) => (kind === 'sync' ? 'EIO' : undefined)
  const file = disk.open('a', 'create')
  file.write(bytes(10, 1), 0, 10, 0)
  assert.throws(() => file.sync(), { code: 'EIO' })
  assert.equal(disk.counts.injected, 1)
})
