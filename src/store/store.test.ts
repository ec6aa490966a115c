import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimClock } from '../../sim/clock.ts'
import { SimDisk } from '../../sim/disk.ts'
import { Dice } from '../../sim/random.ts'
import { Arena } from '../std/arena.ts'
import { StoreError } from './errors.ts'
import { inspect } from './inspect.ts'
import { journalFileName } from './journal-files.ts'
import { JOURNAL, SPILL } from './place.ts'
import { Store, type StoreEvent, type StoreOptions } from './store.ts'

const OPTIONS = { journalRing: 65536, spillRing: 65536, fileSize: 16384, reserve: 32768, writeAtOnce: 0 }

function open(disk: SimDisk, clock: SimClock, options: StoreOptions = OPTIONS) {
  const arena = new Arena(options.journalRing + options.spillRing + 8 * 2 ** 20)
  const records: { type: number; text: string; position: number }[] = []
  const events: StoreEvent[] = []
  const store = Store.open({
    disk,
    arena,
    clock: clock.process(),
    random: new Dice(3),
    options,
    fold: {
      part() {},
      *snapshot() {},
      owners: () => [],
      owner: () => undefined,
      record: (type, bytes, at, length, position) => {
        records.push({ type, text: Buffer.from(bytes.subarray(at, at + length)).toString(), position })
      },
    },
    onFatal: (error) => assert.fail(error),
    report: (event) => events.push(event),
  })
  const append = (type: number, text: string) => {
    assert.ok(store.journal.room() >= text.length)
    arena.buffer.write(text, store.journal.append(type, text.length), 'latin1')
    return store.journal.position
  }
  return { store, arena, records, events, append }
}

function machine(seed = 1) {
  const clock = new SimClock(new Dice(seed))
  return { clock, disk: new SimDisk(clock, new Dice(seed + 1)) }
}

function run(clock: SimClock): void {
  while (clock.step()) {}
}

function close(store: Store, clock: SimClock): void {
  let closed = false
  store.close(() => {
    closed = true
  })
  run(clock)
  assert.ok(closed)
}

test('what was appended comes back after the store was closed, without a look behind its end', () => {
  const { clock, disk } = machine()
  const first = open(disk, clock)
  assert.ok(!first.store.clean)
  const positions = ['alpha', 'beta', ''].map((text, i) => first.append(i + 1, text))
  first.store.endTurn(false)
  close(first.store, clock)
  assert.ok(disk.exists('CLOSED'))
  const again = open(disk.lose(), clock)
  assert.ok(again.store.clean)
  assert.deepEqual(again.records, [
    { type: 1, text: 'alpha', position: positions[0]! },
    { type: 2, text: 'beta', position: positions[1]! },
    { type: 3, text: '', position: positions[2]! },
  ])
  assert.equal(again.store.journal.epoch, 2)
  const [event] = again.events
  assert.ok(event?.kind === 'recovered' && event.records === 3 && event.entries === 2)
})

test('a store that leaves syncing to the system is on the disk when it is closed, little as there may be', () => {
  const { clock, disk } = machine()
  const { store, append } = open(disk, clock, { ...OPTIONS, durability: 'os' })
  append(1, 'alpha')
  store.endTurn(true)
  run(clock)
  close(store, clock)
  assert.deepEqual(
    open(disk.lose(), clock).records.map(({ text }) => text),
    ['alpha'],
  )
})

test('a turn that ends while the store is being closed, and whose facts nobody waits for, does not hold it up', () => {
  for (const durability of ['fsync', 'os'] as const) {
    const { clock, disk } = machine()
    const { store, append } = open(disk, clock, { ...OPTIONS, durability })
    append(1, 'alpha')
    let closed = false
    store.close(() => {
      closed = true
    })
    for (let turn = 0; turn < 20 && !closed; turn++) {
      append(2, 'late')
      store.endTurn(false)
      clock.step()
    }
    run(clock)
    assert.ok(closed, durability)
  }
})

test('a closed journal that ends before its mark is corrupt', () => {
  const { clock, disk } = machine()
  const { store, append } = open(disk, clock)
  const position = append(1, 'alpha')
  close(store, clock)
  disk.flip(journalFileName(0), position, 0)
  assert.equal(inspect(disk).damage?.kind, 'corrupt')
  assert.throws(() => open(disk, clock), /damaged at position 48 \(a wrong payload checksum\)/)
})

test('a fresh store writes little before it is ready, and more once it is used', () => {
  const { clock, disk } = machine()
  const options = { journalRing: 2 ** 22, spillRing: 2 ** 20, fileSize: 2 ** 24, reserve: 2 ** 25, writeAtOnce: 0 }
  const { store, append } = open(disk, clock, options)
  run(clock)
  assert.ok(disk.counts.bytesWritten < 1.1 * 2 ** 20)
  append(1, 'alpha')
  store.endTurn(false)
  run(clock)
  assert.ok(disk.counts.bytesWritten > 8 * 2 ** 20)
})

test('bytes are found in memory, or read from the files once the ring has gone over them', () => {
  const { clock, disk } = machine()
  const { store, arena, append } = open(disk, clock)
  const position = append(1, 'x'.repeat(300))
  store.retain(JOURNAL, position, 300)
  const at = store.spill.append(200)
  arena.bytes.fill(121, at, at + 200)
  const spilled = store.spill.position
  store.retain(SPILL, spilled, 200)
  const found = store.locate(JOURNAL, position, 300)
  assert.equal(arena.buffer.toString('latin1', found, found + 300), 'x'.repeat(300))
  while (store.locate(JOURNAL, position, 300) >= 0 || store.locate(SPILL, spilled, 200) >= 0) {
    if (store.journal.room() >= 1000) append(2, 'z'.repeat(1000))
    if (store.spill.room() >= 1000) store.spill.append(1000)
    store.endTurn(true)
    clock.step()
  }
  const into = Buffer.alloc(300)
  let reads = 0
  store.readAsync(JOURNAL, position, 300, into, 0, (error) => {
    assert.equal(error, null)
    assert.equal(into.toString(), 'x'.repeat(300))
    reads++
  })
  const other = Buffer.alloc(200)
  store.readAsync(SPILL, spilled, 200, other, 0, (error) => {
    assert.equal(error, null)
    assert.equal(other.toString(), 'y'.repeat(200))
    reads++
  })
  assert.equal(reads, 0)
  run(clock)
  assert.equal(reads, 2)
})

test('spilled bytes do not outlive the process', () => {
  const { clock, disk } = machine()
  const { store } = open(disk, clock)
  for (let i = 0; i < 100; i++) {
    while (store.spill.room() < 1000) assert.ok(clock.step())
    store.spill.append(1000)
    store.retain(SPILL, store.spill.position, 1000)
    store.endTurn(false)
  }
  assert.notDeepEqual(disk.list('spill'), [])
  const after = disk.kill()
  open(after, clock)
  assert.deepEqual(after.list('spill'), [])
})

test('data of a newer version, and rings smaller than the journal’s blocks, are refused', () => {
  const { clock, disk } = machine()
  close(open(disk, clock).store, clock)
  const code = (wanted: string) => (error: unknown) => error instanceof StoreError && error.code === wanted
  assert.throws(() => open(disk, clock, { ...OPTIONS, journalRing: 8192 }), code('options'))
  const larger = open(disk, clock, { ...OPTIONS, fileSize: 65536 })
  assert.equal(larger.store.journal.longest, 16384 - 56 - 4 * 48, 'a directory keeps the sizes it was made with')
  close(larger.store, clock)
  const file = disk.open('VERSION', 'create')
  file.write(Buffer.from('posthorn 2\nwhatever\n'), 0, 20, 0)
  file.close()
  assert.throws(() => open(disk, clock), code('version'))
})

test('a data directory whose VERSION is damaged is refused, not taken for another one', () => {
  const { clock, disk } = machine()
  close(open(disk, clock).store, clock)
  const { length } = disk.contents('VERSION')!
  for (let at = 0; at < length; at++) {
    disk.flip('VERSION', at, at & 1)
    assert.throws(() => open(disk, clock), StoreError, `byte ${at}`)
    disk.flip('VERSION', at, at & 1)
  }
  open(disk, clock)
})

test('an inspection counts frames, entries and records, and tells a torn tail from corruption', () => {
  const { clock, disk } = machine()
  const { store, append } = open(disk, clock)
  for (let i = 0; i < 200; i++) {
    while (store.journal.room() < 200) assert.ok(clock.step())
    append(i % 3, 'x'.repeat(i))
    store.endTurn(true)
    if (i % 10 === 0) while (store.journal.durable < store.journal.tail) assert.ok(clock.step())
  }
  run(clock)
  const found = inspect(disk)
  assert.equal(found.damage, null)
  assert.equal(found.tail, store.journal.tail)
  assert.equal(found.epoch, 1)
  assert.deepEqual(
    [0, 1, 2].map((type) => found.records.get(type)!.count),
    [67, 67, 66],
  )
  assert.equal(
    [...found.records.values()].reduce((sum, { bytes }) => sum + bytes, 0),
    199 * 100,
  )
  assert.equal(found.partialFrames, 0)
  disk.flip(journalFileName(0), 100, 3)
  const { damage } = inspect(disk)
  assert.ok(damage?.kind === 'corrupt' && damage.position === 48 && damage.file === journalFileName(0))
})

test('a store that is closed waits for the reads that are under way', () => {
  let late = 0
  for (let seed = 1; seed < 60; seed++) {
    const place = seed % 2 ? JOURNAL : SPILL
    const { clock, disk } = machine(seed)
    const { store, append } = open(disk, clock)
    let position = append(1, 'x'.repeat(300))
    if (place === SPILL) {
      store.spill.append(300)
      position = store.spill.position
    }
    store.retain(place, position, 300)
    while (store.locate(place, position, 300) >= 0) {
      if (store.journal.room() >= 1000) append(2, 'z'.repeat(1000))
      if (store.spill.room() >= 1000) store.spill.append(1000)
      store.endTurn(true)
      clock.step()
    }
    run(clock)
    const order: string[] = []
    store.close(() => order.push('closed'))
    for (let steps = seed >> 2; steps > 0; steps--) clock.step()
    if (order.length === 0) {
      late++
      store.readAsync(place, position, 300, new Uint8Array(300), 0, () => order.push('read'))
    } else order.unshift('read')
    run(clock)
    assert.deepEqual(order, ['read', 'closed'], `seed ${seed}`)
  }
  assert.ok(late > 20)
})
