import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimClock } from '../../sim/clock.ts'
import { SimDisk } from '../../sim/disk.ts'
import { Dice } from '../../sim/random.ts'
import { StoreRig } from '../../sim/store-rig.ts'
import { PLACE_SHIFT } from '../core/queue/queue-index.ts'
import { checkBlocks, sumBlocks } from './block-sums.ts'
import { StoreError } from './errors.ts'
import { SEGMENT } from './place.ts'
import { putSegmentHeader, readSegment, SEGMENT_BLOCK, segmentFooter } from './segment.ts'
import { segmentName } from './segments.ts'

const OPTIONS = {
  journalRing: 32768,
  spillRing: 32768,
  fileSize: 8192,
  reserve: 24576,
  tidy: { budget: 3, slice: 4096, own: 1024 },
  checkpointGrowth: 16384,
}

function machine() {
  const clock = new SimClock(new Dice(1))
  return { clock, disk: new SimDisk(clock, new Dice(2)) }
}

/** A store with messages, every one of which waits, and the older ones in segments. */
function withSegments() {
  const { clock, disk } = machine()
  const rig = new StoreRig(disk, clock, OPTIONS)
  for (let body = 1; body <= 200; body++) {
    while (rig.store.journal.room() < 300) assert.ok(clock.step())
    rig.enqueue([1], body, 250)
    rig.store.endTurn(true)
  }
  while (clock.step()) {}
  assert.ok(rig.store.segments.count > 2)
  return { clock, disk, rig }
}

test('a segment tells every changed byte, and where', () => {
  const { disk } = machine()
  const end = SEGMENT_BLOCK + 500
  const bytes = new Uint8Array(end)
  bytes.fill(7)
  putSegmentHeader(bytes, 0, 9)
  const sums = new Uint32Array(2)
  sumBlocks(bytes, 0, end, SEGMENT_BLOCK, sums, 0)
  const footer = segmentFooter(9, end, end - 16, new Uint8Array(40).fill(5), sums)
  const size = end + footer.length
  const file = disk.open('one', 'create')
  file.write(bytes, 0, end, 0)
  file.write(footer, 0, footer.length, end)
  const window = new Uint8Array(size)
  const damage = () => {
    const segment = readSegment(file, 9)
    file.read(window, 0, end, 0)
    return checkBlocks(segment, window, 0, 0, end, null)
  }
  assert.equal(damage(), -1)
  // All but the many bytes in the middle that are alike.
  for (let at = 0; at < size; at += at > 40 && at < SEGMENT_BLOCK - 40 ? 997 : 1) {
    disk.flip('one', at, at & 7)
    if (at < 12 || at >= end) assert.throws(damage, StoreError, `byte ${at}`)
    else assert.equal(damage(), at < SEGMENT_BLOCK ? 0 : SEGMENT_BLOCK, `byte ${at}`)
    disk.flip('one', at, at & 7)
  }
  for (const cut of [1, 8, footer.length, footer.length + 1, size - 56, size - 16, size]) {
    file.truncate(size - cut)
    assert.throws(damage, StoreError, `${cut} bytes less`)
    file.write(bytes, 0, end, 0)
    file.write(footer, 0, footer.length, end)
  }
})

test('a damaged block of a segment is reported with its place, and never delivered', () => {
  const { clock, disk, rig } = withSegments()
  const { index } = rig.queues.get(1)!
  let seen = 0
  for (let sequence = 1; sequence < index.tail && seen < 20; sequence++) {
    if (((index.flags(sequence) >> PLACE_SHIFT) & 3) !== SEGMENT) continue
    const position = index.position(sequence)
    const length = index.length(sequence)
    if (rig.store.locate(SEGMENT, position, length) >= 0) continue
    const name = segmentName(Math.floor(position / 2 ** 32))
    disk.flip(name, (position % 2 ** 32) + (seen % length), seen & 7)
    let error: unknown = null
    rig.store.load(SEGMENT, position, length, (told) => {
      error = told
    })
    rig.store.endTurn(false)
    while (clock.step()) {}
    assert.ok(error instanceof StoreError && error.code === 'corrupt' && error.file === name)
    assert.equal(error.position, 0)
    assert.ok(rig.store.locate(SEGMENT, position, length) < 0)
    assert.equal(rig.fatal, null)
    assert.ok(rig.events.some((event) => event.kind === 'damage' && event.file === name && event.position === 0))
    disk.flip(name, (position % 2 ** 32) + (seen % length), seen & 7)
    seen++
  }
  assert.ok(seen > 5)
})

test('a segment that is needed and is missing, cut or not itself stops the start', () => {
  const { clock, disk, rig } = withSegments()
  const numbers = [...rig.store.segments.all()].map(({ number }) => number)
  const [first, second] = numbers as [number, number]
  const after = disk.kill()
  const name = segmentName(first)
  const whole = after.contents(name)!.slice()
  const refused = (what: string) =>
    assert.throws(
      () => new StoreRig(after, clock, OPTIONS),
      (error) => error instanceof StoreError && error.code === 'corrupt' && error.file === name,
      what,
    )
  const put = (bytes: Uint8Array) => {
    const file = after.open(name, 'create')
    file.write(bytes, 0, bytes.length, 0)
    file.close()
  }
  after.remove(name)
  refused('missing')
  for (const length of [0, 10, whole.length >> 1, whole.length - 1]) {
    put(whole.slice(0, length))
    refused(`${length} bytes`)
  }
  put(after.contents(segmentName(second))!.slice())
  refused('another one under its name')
  put(whole)
  new StoreRig(after, clock, OPTIONS)
})

test('a segment that the store does not know of is removed, and its number not used again', () => {
  const { clock, disk, rig } = withSegments()
  const stray = rig.store.segments.next + 5
  const after = disk.kill()
  after.open(segmentName(stray), 'create').close()
  const again = new StoreRig(after, clock, OPTIONS)
  assert.ok(!after.exists(segmentName(stray)))
  assert.equal(again.store.segments.next, stray + 1)
})
