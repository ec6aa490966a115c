import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PartitionIndex } from './partition-index.ts'

interface Entry {
  base: number
  last: number
  place: number
  position: number
  length: number
  timestamp: number
}

const JOURNAL = 0
const SEGMENT = 2

function dice(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

function entries(index: PartitionIndex): Entry[] {
  const list: Entry[] = []
  for (let e = index.firstEntry(); e !== -1; e = index.next(e)) {
    list.push({
      base: index.baseOffset(e),
      last: index.lastOffset(e),
      place: index.place(e),
      position: index.position(e),
      length: index.length(e),
      timestamp: index.maxTimestamp(e),
    })
  }
  return list
}

function check(index: PartitionIndex, model: Entry[], end: number, random: (below: number) => number): void {
  assert.deepEqual(entries(index), model)
  assert.equal(index.endOffset, end)
  assert.equal(index.count, model.length)
  assert.equal(index.startOffset(), model[0]?.base ?? end)
  assert.equal(
    index.size,
    model.reduce((sum, e) => sum + e.length, 0),
  )
  const last = index.lastEntry()
  assert.equal(last === -1 ? undefined : index.baseOffset(last), model.at(-1)?.base)
  for (let offset = -1; offset < end + 2; offset++) {
    const found = index.find(offset)
    const wanted = model.find((e) => e.last >= offset)
    assert.equal(found === -1 ? undefined : index.baseOffset(found), wanted?.base)
  }
  const timestamp = random(1200) - 100
  const found = index.findTimestamp(timestamp)
  assert.equal(found === -1 ? undefined : index.baseOffset(found), model.find((e) => e.timestamp >= timestamp)?.base)
  const place = random(3)
  const from = random(3000)
  const seen: number[][] = []
  const limit = 1 + random(20)
  for (let first = 0; first >= 0; ) {
    const before = seen.length
    first = index.eachLive(place, from, from + 2000, first, limit, (...entry) => seen.push(entry))
    assert.ok(seen.length - before <= limit)
  }
  const wanted = model.filter((e) => e.place === place && e.position >= from && e.position < from + 2000)
  assert.deepEqual(
    seen,
    wanted.map((e) => [e.base, e.position, e.length]),
  )
}

/** Moves a run of the model's entries as `move` does; returns what it should return. */
function moveRun(model: Entry[], base: number, place: number, position: number, length: number): boolean {
  const at = model.findIndex((e) => e.base === base)
  const first = model[at]
  if (first === undefined) return false
  if (first.place > place || (first.place === place && first.position >= position)) return false
  let sum = 0
  let to = at
  while (sum < length && to < model.length) sum += (model[to++] as Entry).length
  if (sum !== length) return false
  const run = model.slice(at, to)
  const timestamp = Math.max(...run.map((e) => e.timestamp))
  model.splice(at, to - at, { base, last: (run.at(-1) as Entry).last, place, position, length, timestamp })
  return true
}

test('an index agrees with a list of objects, whatever is done to it', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = dice(seed)
    const index = new PartitionIndex([2, 8, 20][seed % 3])
    const model: Entry[] = []
    let end = 0
    let position = 0
    for (let n = 0; n < 300; n++) {
      const what = random(10)
      if (what < 5) {
        const base = end + (random(10) === 0 ? random(3) : 0)
        const last = base + random(4)
        const timestamp = random(1000)
        const length = 1 + random(30)
        assert.ok(index.append(base, last, JOURNAL, position, length, timestamp))
        assert.equal(index.append(base, last, JOURNAL, position, length, timestamp), false)
        model.push({ base, last, place: JOURNAL, position, length, timestamp })
        position += length
        end = last + 1
      } else if (what < 6) {
        const offset = model.length === 0 ? 0 : (model[random(Math.min(4, model.length))] as Entry).last + random(2)
        const limit = 1 + random(3)
        const dropped: number[][] = []
        const wanted: number[][] = []
        while (wanted.length < limit && model.length > 0 && (model[0] as Entry).last < offset) {
          const e = model.shift() as Entry
          wanted.push([e.place, e.position, e.length])
        }
        const bytes = index.trimBefore(offset, limit, (...drop) => dropped.push(drop))
        assert.deepEqual(dropped, wanted)
        assert.equal(
          bytes,
          wanted.reduce((sum, e) => sum + (e[2] as number), 0),
        )
      } else if (model.length > 0) {
        const at = random(model.length)
        const run = model.slice(at, at + 1 + random(12))
        const length = run.reduce((sum, e) => sum + e.length, 0) + (random(10) === 0 ? 1 : 0)
        const base = (run[0] as Entry).base + (random(10) === 0 ? 1 : 0)
        const to = random(5000)
        assert.equal(index.move(base, SEGMENT, to, length), moveRun(model, base, SEGMENT, to, length))
      }
      if (n % 5 === 0) check(index, model, end, random)
    }
    const loaded = new PartitionIndex(8)
    for (const slice of index.snapshot()) {
      loaded.load(slice)
      loaded.load(slice)
    }
    check(loaded, model, end, random)
  }
})

test('a partition of many batches is written in several slices, and comes back', () => {
  const index = new PartitionIndex()
  for (let n = 0; n < 100_000; n++) index.append(n * 10, n * 10 + 9, JOURNAL, n * 1000, 1000, 1e12 + n)
  const slices = [...index.snapshot()]
  assert.ok(slices.length > 3)
  const loaded = new PartitionIndex()
  for (const slice of slices) loaded.load(slice)
  assert.deepEqual(entries(loaded), entries(index))
})

test('a run that was made across the edge of two slices while they were taken is loaded whole', () => {
  const index = new PartitionIndex()
  for (let n = 0; n < 70_000; n++) index.append(n, n, JOURNAL, n * 1000, 1000, n)
  const loaded = new PartitionIndex()
  let edge = 0
  for (const slice of index.snapshot()) {
    loaded.load(slice)
    edge = edge === 0 ? loaded.endOffset : edge
    index.move(edge - 20, SEGMENT, 0, 40_000)
  }
  assert.deepEqual(entries(loaded), entries(index))
  assert.equal(loaded.size, index.size)
})

test('the end offset survives when every batch is gone', () => {
  const index = new PartitionIndex()
  index.append(0, 99, JOURNAL, 0, 100, 5)
  assert.equal(
    index.trimBefore(100, 10, () => {}),
    100,
  )
  const loaded = new PartitionIndex()
  for (const slice of index.snapshot()) loaded.load(slice)
  assert.equal(loaded.startOffset(), 100)
  assert.equal(loaded.append(0, 99, JOURNAL, 0, 100, 5), false)
})

test('a range of offsets tells its bytes, and whether all in it is old', () => {
  const index = new PartitionIndex(4)
  for (let n = 0; n < 10; n++) index.append(n, n, JOURNAL, n * 100, 100, n === 5 ? 900 : n * 10)
  assert.equal(index.bytesBetween(0, 10), 1000)
  assert.equal(index.bytesBetween(3, 7), 400)
  assert.equal(index.bytesBetween(10, 20), 0)
  assert.equal(index.isOlder(0, 5, 50), true)
  assert.equal(index.isOlder(0, 5, 40), false)
  assert.equal(index.isOlder(0, 6, 900), false)
  assert.equal(index.isOlder(6, 10, 900), true)
})

test('entries are replaced by others, wherever chunks begin and end, and doing it again changes nothing', () => {
  for (let from = 0; from < 12; from++) {
    for (let to = from + 1; to <= 12; to++) {
      for (const made of [0, 1, 2]) {
        const index = new PartitionIndex(3)
        for (let n = 0; n < 12; n++) index.append(n, n, JOURNAL, n * 100, 100, n)
        const fresh = Array.from({ length: made }, (_, i) => {
          const base = from + i
          return {
            base,
            last: i + 1 === made ? to - 1 : base,
            place: JOURNAL,
            position: 5000 + i,
            length: 10,
            latest: 7,
          }
        })
        if (made > to - from) continue
        let dropped = 0
        index.replace(from, to, fresh, () => dropped++)
        assert.equal(dropped, to - from)
        const after = entries(index)
        index.replace(from, to, fresh, () => {})
        assert.deepEqual(entries(index), after)
        assert.equal(index.count, 12 - (to - from) + made)
        assert.equal(index.size, (12 - (to - from)) * 100 + made * 10)
        assert.equal(index.endOffset, 12)
        for (let offset = 0; offset < 12; offset++) {
          const entry = index.find(offset)
          if (offset < from || offset >= to) assert.equal(index.baseOffset(entry), offset)
        }
        assert.equal(index.append(12, 12, JOURNAL, 9999, 100, 12), true)
        assert.equal(index.lastOffset(index.lastEntry()), 12)
      }
    }
  }
})

test('moving to a segment makes a few runs of many small batches, and gives their memory back', () => {
  const index = new PartitionIndex()
  for (let n = 0; n < 64_000; n++) index.append(n, n, JOURNAL, n * 1024, 1024, n)
  const before = index.bytes()
  for (let n = 0; n < 64_000; n += 64) assert.ok(index.move(n, SEGMENT, n * 1024, 65_536))
  assert.equal(index.count, 1000)
  assert.ok(index.bytes() < before / 10)
  assert.equal(index.baseOffset(index.find(12_345)), 12_345 - (12_345 % 64))
})
