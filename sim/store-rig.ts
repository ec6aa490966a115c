import { strict as assert } from 'node:assert'
import { PartitionIndex } from '../src/core/partition/partition-index.ts'
import { DURABLE, PLACE_SHIFT, QueueIndex, READY } from '../src/core/queue/queue-index.ts'
import { Arena } from '../src/std/arena.ts'
import { getU32, putU32 } from '../src/std/bytes.ts'
import type { Fold, Owner } from '../src/store/fold.ts'
import { JOURNAL } from '../src/store/place.ts'
import { Store, type StoreEvent, type StoreOptions } from '../src/store/store.ts'
import type { SimClock } from './clock.ts'
import type { SimDisk } from './disk.ts'
import { Dice } from './random.ts'

/** Queues are 1 to 8, partitions 101 to 103. */
export const QUEUES = [1, 2, 3, 4, 5, 6, 7, 8]
export const PARTITIONS = [101, 102, 103]

const MESSAGE = 1
const SETTLE = 2
const BATCH = 3
const TRIM = 4
const REWRITE = 5

/** A fact as a test remembers it; `end` is where the journal ended behind its record. */
export type Fact =
  | { kind: 'message'; queues: [id: number, sequence: number][]; body: number; length: number; end: number }
  | { kind: 'settle'; queue: number; sequence: number; end: number }
  | { kind: 'batch'; partition: number; base: number; last: number; body: number; length: number; end: number }
  | { kind: 'trim'; partition: number; offset: number; end: number }

class QueueOwner implements Owner {
  readonly id: number
  readonly runs = false
  readonly index = new QueueIndex(64)

  constructor(id: number) {
    this.id = id
  }

  eachLive(...args: Parameters<Owner['eachLive']>): number {
    return this.index.eachLive(...args)
  }

  isAt(sequence: number, place: number, position: number): boolean {
    return this.index.isAt(sequence, place, position)
  }

  move(sequence: number, place: number, position: number): boolean {
    return this.index.move(sequence, place, position)
  }
}

class PartitionOwner implements Owner {
  readonly id: number
  readonly runs = true
  readonly index = new PartitionIndex(16)

  constructor(id: number) {
    this.id = id
  }

  eachLive(...args: Parameters<Owner['eachLive']>): number {
    return this.index.eachLive(...args)
  }

  isAt(...args: Parameters<Owner['isAt']>): boolean {
    return this.index.isAt(...args)
  }

  move(...args: Parameters<Owner['move']>): boolean {
    return this.index.move(...args)
  }
}

/** The store with the plainest possible broker around it: queues and partitions that are nothing but indexes. */
export class StoreRig {
  readonly arena: Arena
  readonly store: Store
  readonly queues = new Map(QUEUES.map((id) => [id, new QueueOwner(id)]))
  readonly partitions = new Map(PARTITIONS.map((id) => [id, new PartitionOwner(id)]))
  readonly events: StoreEvent[] = []
  fatal: Error | null = null

  constructor(disk: SimDisk, simClock: SimClock, options: StoreOptions) {
    const clock = simClock.process()
    this.arena = new Arena(options.journalRing + options.spillRing + 2 ** 20)
    this.store = Store.open({
      disk,
      clock,
      random: new Dice(1),
      arena: this.arena,
      options,
      fold: this.fold(),
      onFatal: (error) => {
        this.fatal ??= error
      },
      report: (event) => this.events.push(event),
    })
    const { store } = this
    for (const { index } of this.queues.values()) {
      for (let s = index.nextLive(index.head); s < index.tail; s = index.nextLive(s + 1)) {
        store.retain((index.flags(s) >> PLACE_SHIFT) & 3, index.position(s), index.length(s))
      }
    }
    for (const { index } of this.partitions.values()) {
      for (let e = index.firstEntry(); e !== -1; e = index.next(e)) {
        store.retain(index.place(e), index.position(e), index.length(e))
      }
    }
    store.recovered()
    let scheduled = false
    store.onProgress = () => {
      if (scheduled) return
      scheduled = true
      clock.afterInput(() => {
        scheduled = false
        store.endTurn(false)
      })
    }
  }

  /** The end of the journal that recovery found. */
  get recoveredTail(): number {
    const event = this.events.find((each) => each.kind === 'recovered')
    assert.ok(event?.kind === 'recovered')
    return event.tail
  }

  enqueue(queues: number[], body: number, length: number): Fact {
    const { store, arena } = this
    const prefix = 4 + queues.length * 8
    const at = store.journal.append(MESSAGE, prefix + length)
    const position = store.journal.position + prefix
    putU32(arena.bytes, at, queues.length)
    const places = queues.map((id, i): [number, number] => {
      const sequence = this.queues.get(id)!.index.push(position, length, READY | DURABLE, 0)
      putU32(arena.bytes, at + 4 + i * 8, id)
      putU32(arena.bytes, at + 8 + i * 8, sequence)
      store.retain(JOURNAL, position, length)
      return [id, sequence]
    })
    fill(arena.bytes, at + prefix, body, length)
    return { kind: 'message', queues: places, body, length, end: store.journal.tail }
  }

  settle(queue: number, sequence: number): Fact {
    const { store, arena } = this
    const { index } = this.queues.get(queue)!
    store.release((index.flags(sequence) >> PLACE_SHIFT) & 3, index.position(sequence), index.length(sequence))
    assert.ok(index.settle(sequence))
    const at = store.journal.append(SETTLE, 8)
    putU32(arena.bytes, at, queue)
    putU32(arena.bytes, at + 4, sequence)
    return { kind: 'settle', queue, sequence, end: store.journal.tail }
  }

  appendBatch(partition: number, count: number, body: number, length: number): Fact {
    const { store, arena } = this
    const { index } = this.partitions.get(partition)!
    const base = index.endOffset
    const last = base + count - 1
    const at = store.journal.append(BATCH, 12 + length)
    putU32(arena.bytes, at, partition)
    putU32(arena.bytes, at + 4, base)
    putU32(arena.bytes, at + 8, last)
    fill(arena.bytes, at + 12, body, length)
    index.append(base, last, JOURNAL, store.journal.position + 12, length, base)
    store.retain(JOURNAL, store.journal.position + 12, length)
    return { kind: 'batch', partition, base, last, body, length, end: store.journal.tail }
  }

  /** Writes the batch at `offset` anew, as compaction does: as long as it was, at another place. */
  rewriteBatch(partition: number, offset: number): void {
    const { store, arena } = this
    const { index } = this.partitions.get(partition)!
    const entry = index.find(offset)
    const [base, last, length] = [index.baseOffset(entry), index.lastOffset(entry), index.length(entry)]
    const at = store.journal.append(REWRITE, 12 + length)
    putU32(arena.bytes, at, partition)
    putU32(arena.bytes, at + 4, base)
    putU32(arena.bytes, at + 8, last)
    const position = store.journal.position + 12
    store.retain(JOURNAL, position, length)
    const fresh = { base, last, place: JOURNAL, position, length, latest: base }
    index.replace(base, last + 1, [fresh], (...bytes) => store.release(...bytes))
  }

  trim(partition: number, offset: number): Fact {
    const { store, arena } = this
    const at = store.journal.append(TRIM, 8)
    putU32(arena.bytes, at, partition)
    putU32(arena.bytes, at + 4, offset)
    const { index } = this.partitions.get(partition)!
    index.trimBefore(offset, 1e9, (...bytes) => store.release(...bytes))
    return { kind: 'trim', partition, offset, end: store.journal.tail }
  }

  private fold(): Fold {
    const { queues, partitions } = this
    return {
      part: (kind, bytes) => {
        const id = getU32(bytes, 0)
        const slice = bytes.subarray(4)
        if (kind === 1) queues.get(id)!.index.load(slice)
        else partitions.get(id)!.index.load(slice)
      },
      record: (type, bytes, at, length, position) => this.replay(type, bytes, at, length, position),
      *snapshot() {
        yield { kind: 1, bytes: withId(1, queues.get(1)!.index.snapshot().next().value!), consistent: true }
        for (const [kind, owners] of [
          [1, queues],
          [2, partitions],
        ] as const) {
          for (const { id, index } of owners.values()) {
            for (const slice of index.snapshot()) {
              // A write's worth of nothing, so that the parts of a checkpoint are taken at many different times.
              yield { kind, bytes: withId(id, slice), consistent: false }
            }
          }
        }
      },
      owners: () => [...queues.values(), ...partitions.values()],
      owner: (id) => queues.get(id) ?? partitions.get(id),
    }
  }

  private replay(type: number, bytes: Uint8Array, at: number, length: number, position: number): void {
    if (type === MESSAGE) {
      const count = getU32(bytes, at)
      const prefix = 4 + count * 8
      for (let i = 0; i < count; i++) {
        const { index } = this.queues.get(getU32(bytes, at + 4 + i * 8))!
        index.restore(getU32(bytes, at + 8 + i * 8), position + prefix, length - prefix, READY | DURABLE, 0)
      }
    } else if (type === SETTLE) {
      this.queues.get(getU32(bytes, at))!.index.settle(getU32(bytes, at + 4))
    } else {
      const { index } = this.partitions.get(getU32(bytes, at))!
      const base = getU32(bytes, at + 4)
      const last = getU32(bytes, at + 8)
      const place = { place: JOURNAL, position: position + 12, length: length - 12 }
      if (type === TRIM) index.trimBefore(base, 1e9, () => {})
      else if (type === REWRITE) index.replace(base, last + 1, [{ base, last, latest: base, ...place }], () => {})
      else index.append(base, getU32(bytes, at + 8), JOURNAL, position + 12, length - 12, base)
    }
  }
}

/** A body: its number, and bytes that follow from it. */
function fill(bytes: Uint8Array, at: number, body: number, length: number): void {
  bytes.fill(body * 31, at, at + length)
  putU32(bytes, at, body)
}

/** Whether the bytes are that body's. */
export function isBody(bytes: Uint8Array, at: number, body: number, length: number): boolean {
  if (getU32(bytes, at) !== body) return false
  for (let i = 4; i < length; i++) if (bytes[at + i] !== ((body * 31) & 255)) return false
  return true
}

function withId(id: number, slice: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + slice.length)
  putU32(bytes, 0, id)
  bytes.set(slice, 4)
  return bytes
}
