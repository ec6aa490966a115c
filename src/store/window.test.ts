import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Arena } from '../std/arena.ts'
import { Windows } from './window.ts'

/** A place whose byte at each position follows from the position; reads end when they are told to. */
class Source {
  reads: { place: number; position: number; length: number; finish: () => void }[] = []
  /** Reads that hold this position fail. */
  damaged = -1
  readonly size: number

  constructor(size: number) {
    this.size = size
  }

  start(place: number, position: number): number {
    return place === 2 ? position - (position % 16) : position
  }

  end(place: number, end: number): number {
    return place === 2 ? Math.ceil(end / 16) * 16 : end
  }

  extent(_place: number, start: number): number {
    return this.size - start
  }

  readAsync(
    place: number,
    position: number,
    length: number,
    into: Uint8Array,
    at: number,
    done: (error: Error | null) => void,
  ): void {
    const finish = () => {
      for (let i = 0; i < length; i++) into[at + i] = content(place, position + i)
      const bad = this.damaged >= position && this.damaged < position + length
      done(bad ? new Error('damaged') : null)
    }
    this.reads.push({ place, position, length, finish })
  }

  finishAll(): void {
    while (this.reads.length > 0) this.reads.shift()!.finish()
  }
}

function content(place: number, position: number): number {
  return (position * 7 + place * 31) & 255
}

function setUp(options: { slots?: number; reads?: number; size?: number; later?: () => void } = {}) {
  const arena = new Arena(4096)
  const source = new Source(options.size ?? 10_000)
  const windows = new Windows(
    arena,
    source,
    { slots: options.slots ?? 4, slotSize: 64, reads: options.reads ?? 2 },
    options.later ?? (() => windows.pump()),
  )
  const check = (place: number, position: number, length: number): void => {
    const at = windows.locate(place, position, length)
    assert.ok(at >= 0)
    for (let i = 0; i < length; i++) assert.equal(arena.bytes[at + i], content(place, position + i))
  }
  return { arena, source, windows, check }
}

test('what was loaded is found, with what follows it in the slot', () => {
  const { source, windows, check } = setUp()
  let loaded = 0
  assert.equal(windows.locate(0, 100, 10), -1)
  windows.load(0, 100, 10, () => loaded++)
  assert.equal(windows.locate(0, 100, 10), -1)
  source.finishAll()
  assert.equal(loaded, 1)
  check(0, 100, 64)
  assert.equal(windows.locate(0, 100, 65), -1)
  assert.equal(windows.locate(0, 99, 2), -1)
  assert.equal(windows.locate(1, 100, 10), -1)
})

test('callers for the same bytes share a read', () => {
  const { source, windows } = setUp()
  let loaded = 0
  windows.load(0, 100, 10, () => loaded++)
  windows.load(0, 120, 10, () => loaded++)
  assert.equal(source.reads.length, 1)
  source.finishAll()
  assert.equal(loaded, 2)
})

test('what is in another window is not read again', () => {
  const { source, windows, check } = setUp()
  windows.load(0, 100, 10, () => {})
  source.finishAll()
  windows.load(0, 80, 15, () => {})
  assert.deepEqual([source.reads[0]!.position, source.reads[0]!.length], [80, 20])
  // Nor is what is being read.
  windows.load(0, 60, 5, () => {})
  assert.deepEqual([source.reads[1]!.position, source.reads[1]!.length], [60, 20])
  source.finishAll()
  check(0, 60, 20)
  check(0, 80, 20)
  check(0, 100, 64)
  // What reaches into it is read as a whole.
  windows.load(0, 155, 10, () => {})
  assert.deepEqual([source.reads[0]!.position, source.reads[0]!.length], [155, 64])
})

test('a long message takes adjacent slots, and the longest unused make room', () => {
  const { source, windows, check } = setUp()
  for (const position of [0, 64, 128, 192]) {
    windows.load(0, position, 10, () => {})
    source.finishAll()
  }
  check(0, 0, 10)
  windows.load(0, 1000, 100, () => {})
  source.finishAll()
  check(0, 1000, 128)
  check(0, 0, 10)
  assert.equal(windows.locate(0, 64, 10), -1)
  assert.equal(windows.locate(0, 128, 10), -1)
  check(0, 192, 10)
  windows.load(0, 5000, 256, () => {})
  source.finishAll()
  check(0, 5000, 256)
})

test('reads that find no room or too many under way wait', () => {
  const { source, windows, check } = setUp({ slots: 2, reads: 2 })
  const order: number[] = []
  for (const position of [0, 100, 200, 300]) windows.load(0, position, 10, () => order.push(position))
  windows.load(0, 300, 10, () => order.push(301))
  assert.equal(source.reads.length, 2)
  source.reads.shift()!.finish()
  assert.equal(source.reads.length, 2)
  source.finishAll()
  assert.deepEqual(order, [0, 100, 200, 300, 301])
  check(0, 300, 10)
})

test('a read ends where its file ends', () => {
  const { source, windows, check } = setUp({ size: 120 })
  windows.load(0, 100, 20, () => {})
  assert.equal(source.reads[0]!.length, 20)
  source.finishAll()
  check(0, 100, 20)
  assert.equal(windows.locate(0, 100, 21), -1)
})

test('a read begins where its source wants it to', () => {
  const { source, windows, check } = setUp()
  windows.load(2, 100, 60, () => {})
  assert.equal(source.reads[0]!.position, 96)
  assert.equal(source.reads[0]!.length, 64)
  source.finishAll()
  check(2, 96, 64)
})

test('slots that are not needed are not touched', () => {
  const { arena, source, windows } = setUp()
  for (let n = 0; n < 3; n++) windows.locate(0, 0, 1)
  windows.load(0, 0, 10, () => {})
  source.finishAll()
  assert.ok(arena.bytes.subarray(64, 256).every((byte) => byte === 0))
})

test('who waited for bytes gets to them before a read for somebody else takes their place', () => {
  const { source, windows, check } = setUp({ slots: 4, later: () => {} })
  const loaded: string[] = []
  windows.load(0, 0, 200, () => loaded.push('one'))
  windows.load(0, 5000, 200, () => loaded.push('other'))
  windows.pump()
  assert.equal(source.reads.length, 1)
  source.finishAll()
  assert.deepEqual(loaded, ['one'])
  check(0, 0, 200)
  windows.pump()
  source.finishAll()
  assert.deepEqual(loaded, ['one', 'other'])
  check(0, 5000, 200)
})

test('damage is told to those whose bytes it is in, and to nobody else', () => {
  const { source, windows, check } = setUp()
  source.damaged = 130
  const told: string[] = []
  const tell = (name: string) => (error: Error | null) => told.push(error === null ? name : `${name}: ${error.message}`)
  windows.load(0, 100, 10, tell('first'))
  windows.load(0, 125, 10, tell('second'))
  windows.load(0, 140, 10, tell('third'))
  source.finishAll()
  assert.deepEqual(told.sort(), ['first', 'second: damaged', 'third'])
  check(0, 100, 10)
  check(0, 140, 10)
  assert.equal(windows.locate(0, 125, 10), -1)
})
