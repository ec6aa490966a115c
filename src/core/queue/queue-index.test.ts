import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DURABLE, GONE, PLACE_SHIFT, QueueIndex, READY, REDELIVERED, STATE, UNACKED } from './queue-index.ts'

interface Entry {
  position: number
  length: number
  flags: number
  expiry: number
}

/** A plain index: one object per message, for ever. */
class Model {
  tail = 0
  readonly entries = new Map<number, Entry>()

  head(): number {
    return Math.min(this.tail, ...this.entries.keys())
  }

  nextLive(from: number): number {
    return Math.min(this.tail, ...[...this.entries.keys()].filter((sequence) => sequence >= from))
  }
}

/** Numbers that look random, and are the same every time. */
function dice(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

function check(index: QueueIndex, model: Model): void {
  assert.equal(index.tail, model.tail)
  assert.equal(index.live, model.entries.size)
  assert.equal(index.head, model.head())
  for (let sequence = -2; sequence < model.tail + 3; sequence++) {
    const entry = model.entries.get(sequence)
    assert.equal(index.flags(sequence), entry?.flags ?? GONE)
    assert.equal(index.position(sequence), entry?.position ?? -1)
    assert.equal(index.length(sequence), entry?.length ?? 0)
    assert.equal(index.expiry(sequence), entry?.expiry ?? 0)
    if (sequence >= 0) assert.equal(index.nextLive(sequence), model.nextLive(sequence))
  }
}

function checkEachLive(index: QueueIndex, model: Model, place: number, from: number, to: number, limit: number): void {
  const seen: number[][] = []
  for (let first = 0; first >= 0; ) {
    const before = seen.length
    first = index.eachLive(place, from, to, first, limit, (...entry) => seen.push(entry))
    assert.ok(seen.length - before <= limit)
  }
  const wanted = [...model.entries]
    .filter(([, e]) => e.flags >> PLACE_SHIFT === place && e.position >= from && e.position < to)
    .sort((a, b) => a[0] - b[0])
    .map(([sequence, e]) => [sequence, e.position, e.length])
  assert.deepEqual(seen, wanted)
}

function step(index: QueueIndex, model: Model, random: (below: number) => number): void {
  const any = random(model.tail + 4) - 2
  const entry = model.entries.get(any)
  const made: Entry = {
    position: model.tail * 100 + random(50),
    length: random(1000),
    flags: (READY + random(2)) | (random(2) * DURABLE) | (random(3) << PLACE_SHIFT),
    expiry: random(8) === 0 ? 1e12 + random(1e6) : 0,
  }
  switch (random(9)) {
    case 0:
    case 1:
    case 2:
      assert.equal(index.push(made.position, made.length, made.flags, made.expiry), model.tail)
      model.entries.set(model.tail++, made)
      break
    case 3:
    case 4:
      assert.equal(index.settle(any), model.entries.delete(any))
      break
    case 5: {
      const head = model.head()
      assert.equal(index.settle(head), model.entries.delete(head))
      break
    }
    case 6: {
      const sequence = model.tail + random(random(10) === 0 ? 100 : 3)
      assert.equal(index.restore(any, 1, 1, READY, 0), any >= model.tail)
      if (any >= model.tail) model.entries.set(any, { position: 1, length: 1, flags: READY, expiry: 0 })
      model.tail = Math.max(model.tail, any + 1)
      if (sequence < model.tail) break
      assert.equal(index.restore(sequence, made.position, made.length, made.flags, made.expiry), true)
      model.entries.set(sequence, made)
      model.tail = sequence + 1
      break
    }
    case 7:
      if (entry === undefined) break
      entry.flags = (entry.flags & ~STATE) | UNACKED | REDELIVERED
      index.setFlags(any, entry.flags)
      break
    default: {
      const place = random(3)
      const position = random(2e5)
      const from = (entry?.flags ?? 0) >> PLACE_SHIFT
      const moves = entry !== undefined && (from < place || (from === place && entry.position < position))
      assert.equal(index.move(any, place, position), moves)
      if (entry === undefined || !moves) break
      entry.position = position
      entry.flags = (entry.flags & ~(3 << PLACE_SHIFT)) | (place << PLACE_SHIFT)
    }
  }
}

test('an index agrees with a list of objects, whatever is done to it', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = dice(seed)
    const index = new QueueIndex([4, 16, 32][seed % 3])
    const model = new Model()
    for (let n = 0; n < 400; n++) {
      step(index, model, random)
      if (n % 8 === 0) check(index, model)
      if (n % 16 === 0) checkEachLive(index, model, random(3), random(2e4), random(4e4), 1 + random(20))
    }
    check(index, model)
  }
})

test('a snapshot brings back what is durable', () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = dice(seed)
    const index = new QueueIndex(16)
    const model = new Model()
    for (let n = 0; n < 500; n++) step(index, model, random)
    const wanted = new Model()
    wanted.tail = model.tail
    for (const [sequence, entry] of model.entries) {
      if ((entry.flags & DURABLE) === 0) continue
      wanted.entries.set(sequence, entry)
    }
    const loaded = new QueueIndex(16)
    for (const slice of index.snapshot()) {
      loaded.load(slice)
      loaded.load(slice)
    }
    check(loaded, wanted)
  }
})

test('slices taken while the index changes, and the changes made again, give the index as it is', () => {
  const index = new QueueIndex()
  const again: ((index: QueueIndex) => void)[] = []
  const random = dice(7)
  for (let n = 0; n < 300_000; n++) index.push(n * 10, 10, READY | DURABLE, 0)
  const slices: Uint8Array[] = []
  for (const slice of index.snapshot()) {
    slices.push(slice)
    for (let n = 0; n < 1000; n++) {
      const sequence = random(index.tail)
      index.settle(sequence)
      again.push((other) => other.settle(sequence))
      const moved = random(index.tail)
      index.move(moved, 2, 2 ** 32 + n)
      again.push((other) => other.move(moved, 2, 2 ** 32 + n))
      const pushed = index.push(n, n, READY | DURABLE, 0)
      again.push((other) => other.restore(pushed, n, n, READY | DURABLE, 0))
    }
  }
  assert.ok(slices.length > 3)
  const loaded = new QueueIndex()
  for (const slice of slices) loaded.load(slice)
  for (let times = 0; times < 2; times++) for (const act of again) act(loaded)
  assert.equal(loaded.live, index.live)
  for (let sequence = 0; sequence < index.tail; sequence++) {
    assert.equal(loaded.flags(sequence), index.flags(sequence))
    assert.equal(loaded.position(sequence), index.position(sequence))
  }
})

test('the tail survives a snapshot of an empty index: sequences are not used twice', () => {
  const index = new QueueIndex()
  for (let n = 0; n < 5; n++) index.settle(index.push(n, 1, READY | DURABLE, 0))
  const loaded = new QueueIndex()
  for (const slice of index.snapshot()) loaded.load(slice)
  assert.equal(loaded.push(0, 1, READY, 0), 5)
})

test('an index holds memory for what waits, not for what went through', () => {
  const index = new QueueIndex()
  assert.ok(index.bytes() < 1000)
  const stuck = index.push(0, 1, READY, 0)
  for (let n = 0; n < 200_000; n++) index.settle(index.push(n, 1, READY, 0))
  assert.equal(index.head, stuck)
  assert.ok(index.bytes() < 300_000)
  const random = dice(3)
  const sequences = Array.from({ length: 100_000 }, (_, n) => index.push(n, 1, READY, 0))
  for (let n = sequences.length - 1; n > 0; n--) {
    const other = random(n + 1)
    const swap = sequences[n] as number
    sequences[n] = sequences[other] as number
    sequences[other] = swap
  }
  for (const sequence of sequences) assert.ok(index.settle(sequence))
  assert.ok(index.bytes() < 300_000)
  index.settle(stuck)
  assert.equal(index.head, index.tail)
})
