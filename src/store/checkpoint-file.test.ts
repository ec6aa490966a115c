import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { SimClock } from '../../sim/clock.ts'
import { SimDisk } from '../../sim/disk.ts'
import { Dice } from '../../sim/random.ts'
import {
  CHECKPOINT_HEADER,
  checkpointName,
  findCheckpoint,
  loadCheckpoint,
  PART_HEADER,
  putCheckpointHeader,
  putTrailer,
  sealPart,
} from './checkpoint-file.ts'
import { StoreError } from './errors.ts'

const PARTS = ['first', '', 'the third of the parts']

let disk: SimDisk

beforeEach(() => {
  const dice = new Dice(1)
  disk = new SimDisk(new SimClock(dice), dice)
  disk.makeDirectory('checkpoint')
})

/** A whole checkpoint; returns how many bytes it has. */
function write(number: number, start: number): number {
  const bytes = new Uint8Array(1000)
  putCheckpointHeader(bytes, number, start, 7)
  let at = CHECKPOINT_HEADER
  PARTS.forEach((text, kind) => {
    bytes.set(Buffer.from(text), at + PART_HEADER)
    sealPart(bytes, at, kind, text.length)
    at += PART_HEADER + text.length
  })
  putTrailer(bytes, at, PARTS.length)
  at += PART_HEADER + 4
  const file = disk.open(checkpointName(number), 'create')
  file.write(bytes, 0, at, 0)
  file.close()
  return at
}

/** What is found when the journal reaches back to `reach`, and which files were told to be damaged. */
function find(reach: number) {
  const damaged: string[] = []
  const found = findCheckpoint(
    disk,
    (start) => start >= reach,
    ({ code, file }) => damaged.push(`${code} ${file}`),
  )
  return { found, damaged }
}

test('a checkpoint comes back with its parts, the newest first', () => {
  write(3, 3000)
  const size = write(4, 4000)
  const { found, damaged } = find(4000)
  assert.deepEqual(found, { number: 4, start: 4000, epoch: 7, size })
  assert.deepEqual(damaged, [])
  const parts: string[] = []
  loadCheckpoint(disk, found!, (kind, bytes) => parts.push(`${kind} ${Buffer.from(bytes).toString()}`))
  assert.deepEqual(
    parts,
    PARTS.map((text, kind) => `${kind} ${text}`),
  )
})

test('a checkpoint with any byte changed is refused if the journal does not reach back behind it', () => {
  const size = write(4, 4000)
  for (let at = 0; at < size; at++) {
    disk.flip(checkpointName(4), at, at & 7)
    assert.throws(
      () => find(1),
      (error) => error instanceof StoreError && error.code === 'corrupt' && error.file === checkpointName(4),
      `byte ${at}`,
    )
    disk.flip(checkpointName(4), at, at & 7)
  }
  assert.equal(find(1).found?.number, 4)
})

test('a checkpoint cut at any byte is refused', () => {
  const size = write(4, 4000)
  for (let length = 0; length < size; length++) {
    write(4, 4000)
    const file = disk.open(checkpointName(4), 'existing')
    file.truncate(length)
    file.close()
    assert.throws(() => find(1), StoreError, `${length} bytes`)
  }
})

test('for a damaged checkpoint an older one, or the whole journal, stands in only if the journal reaches back so far', () => {
  write(3, 3000)
  write(4, 4000)
  disk.flip(checkpointName(4), 50, 0)
  const told = [`corrupt ${checkpointName(4)}`]
  assert.equal(find(3000).found?.number, 3)
  assert.deepEqual(find(3000).damaged, told)
  assert.throws(() => find(3001), StoreError)
  disk.remove(checkpointName(3))
  assert.deepEqual(find(0), { found: null, damaged: told })
  assert.throws(() => find(1), StoreError)
})

test('a checkpoint under the number of another one is refused', () => {
  write(4, 4000)
  disk.rename(checkpointName(4), checkpointName(5))
  assert.throws(() => find(1), StoreError)
})
