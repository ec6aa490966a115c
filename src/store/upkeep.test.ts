import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimClock } from '../../sim/clock.ts'
import { PowerLoss, SimDisk } from '../../sim/disk.ts'
import { Dice } from '../../sim/random.ts'
import { type Fact, isBody, PARTITIONS, QUEUES, StoreRig } from '../../sim/store-rig.ts'
import { PLACE_SHIFT } from '../core/queue/queue-index.ts'
import { StoreError } from './errors.ts'
import { inspect } from './inspect.ts'
import { inspectCheckpoint, inspectSegments } from './inspect-files.ts'
import type { StoreOptions } from './store.ts'

const CASES = Number(process.env.CASES ?? 15)

const FILE = 8192
const OPTIONS = { journalRing: 32768, spillRing: 32768, fileSize: FILE, reserve: 3 * FILE }

interface Body {
  body: number
  length: number
}

/** What there has to be, from the facts. */
class Expected {
  readonly queues = new Map(QUEUES.map((id) => [id, new Map<number, Body>()]))
  readonly partitions = new Map(PARTITIONS.map((id) => [id, [] as (Body & { base: number; last: number })[]]))
  readonly starts = new Map(PARTITIONS.map((id) => [id, 0]))

  constructor(facts: Fact[]) {
    for (const fact of facts) {
      if (fact.kind === 'message') for (const [id, sequence] of fact.queues) this.queues.get(id)!.set(sequence, fact)
      else if (fact.kind === 'settle') this.queues.get(fact.queue)!.delete(fact.sequence)
      else if (fact.kind === 'batch') this.partitions.get(fact.partition)!.push(fact)
      else this.starts.set(fact.partition, Math.max(fact.offset, this.starts.get(fact.partition)!))
    }
  }
}

/** A store through several lives, each ended by a power loss or a kill at some operation of the disk. */
class Lives {
  readonly dice: Dice
  readonly clock: SimClock
  readonly counts = {
    tidied: 0,
    rewritten: 0,
    deleted: 0,
    checkpoints: 0,
    tidyingsGivenUp: 0,
    checkpointsGivenUp: 0,
    loads: 0,
    crashes: 0,
    moved: 0,
    settledWhileFull: 0,
    startsRefused: 0,
    unfinished: 0,
  }
  /** With a large budget files empty before they are tidied. */
  readonly options: StoreOptions
  disk: SimDisk
  /** How often a turn asks for a sync. */
  syncs = 0.4
  rig!: StoreRig
  facts: Fact[] = []
  private nextBody = 1
  /** What the operation under way leaves of the disk when the power goes. */
  private lost: SimDisk | null = null

  constructor(seed: number) {
    this.dice = new Dice(seed)
    this.clock = new SimClock(this.dice.fork())
    this.disk = new SimDisk(this.clock, this.dice.fork(), { slowest: 2 })
    const { dice } = this
    const tidy = { budget: dice.pick([3, 3, 10]), slice: 4096, own: 1024 }
    this.options = { ...OPTIONS, tidy, checkpointGrowth: dice.pick([2048, 16384]), writeAtOnce: dice.pick([0, 0, 512]) }
    this.open()
  }

  life(): void {
    const { dice } = this
    let left = dice.between(20, 2500)
    const loss = dice.chance(0.7)
    this.syncs = dice.pick([0, 0.05, 0.4])
    this.disk.onOperation = () => {
      if (--left === 0) this.lost = loss ? this.disk.lose() : this.disk.kill()
      return undefined
    }
    const limit = dice.between(100, 1500)
    const freedAt = dice.between(0, 2 * limit)
    try {
      for (let turn = 0; turn < limit && this.lost === null; turn++) {
        if (turn === freedAt) this.disk.capacity = Number.POSITIVE_INFINITY
        // Somebody else takes and gives back space.
        if (this.disk.capacity < Number.POSITIVE_INFINITY && dice.chance(0.02)) this.limit()
        this.turn()
      }
      if (dice.chance(0.3)) this.rest()
    } catch (error) {
      if (!(error instanceof PowerLoss)) throw error
    }
    this.crash()
  }

  /** Until nothing is under way. */
  rest(): void {
    this.disk.capacity = Number.POSITIVE_INFINITY
    while (this.clock.step()) assert.equal(this.rig.fatal, null)
  }

  /** Everything that should be there is, and can be read. */
  check(): void {
    const { rig } = this
    const expected = new Expected(this.facts)
    for (const [id, bodies] of expected.queues) {
      const { index } = rig.queues.get(id)!
      assert.equal(index.live, bodies.size)
      for (const [sequence, { body, length }] of bodies) {
        const place = (index.flags(sequence) >> PLACE_SHIFT) & 3
        if (place !== 0) this.counts.moved++
        assert.equal(index.length(sequence), length)
        this.read(place, index.position(sequence), length, body)
      }
    }
    for (const [id, batches] of expected.partitions) {
      const { index } = rig.partitions.get(id)!
      assert.equal(index.endOffset, batches.length === 0 ? 0 : batches.at(-1)!.last + 1)
      for (const { base, last, body, length } of batches) {
        const entry = index.find(base)
        if (last < expected.starts.get(id)!) {
          // Entries go whole: of a run that holds the log start offset the beginning stays.
          continue
        }
        assert.ok(entry !== -1 && index.baseOffset(entry) <= base && index.lastOffset(entry) >= last)
        let offset = 0
        for (const other of batches) {
          if (other.base >= index.baseOffset(entry) && other.base < base) offset += other.length
        }
        assert.ok(offset + length <= index.length(entry))
        this.read(index.place(entry), index.position(entry) + offset, length, body)
      }
    }
  }

  collect(): void {
    const { counts } = this
    const { store } = this.rig
    counts.tidied += store.tidy.tidied
    counts.rewritten += store.tidy.rewritten
    counts.deleted += store.segments.deleted
    counts.checkpoints += store.checkpoints.taken
    counts.tidyingsGivenUp += store.tidy.givenUp
    counts.checkpointsGivenUp += store.checkpoints.givenUp
    counts.loads += store.windows.loads
  }

  private open(): void {
    try {
      this.rig = new StoreRig(this.disk, this.clock, this.options)
    } catch (error) {
      // A start may need some space, but it does no harm where there is none.
      if (!(error instanceof StoreError) || error.code !== 'full') throw error
      this.counts.startsRefused++
      this.disk = this.disk.kill()
      this.disk.capacity = Number.POSITIVE_INFINITY
      this.rig = new StoreRig(this.disk, this.clock, this.options)
    }
  }

  private limit(): void {
    const { disk, dice } = this
    disk.capacity = disk.used() + dice.below(dice.chance(0.5) ? 2000 : 5 * FILE)
  }

  private crash(): void {
    const { rig, dice } = this
    const { journal } = rig.store
    const durable = journal.durable
    this.collect()
    this.counts.crashes++
    const loss = this.lost ?? (this.dice.chance(0.7) ? this.disk.lose() : this.disk.kill())
    this.lost = null
    this.disk = loss
    this.inspect()
    // Before a start nothing is taken as granted yet.
    if (dice.chance(0.4)) this.limit()
    else this.disk.capacity = Number.POSITIVE_INFINITY
    // Recovery may be cut short, too.
    if (this.dice.chance(0.3)) {
      let left = this.dice.between(1, 20)
      this.disk.onOperation = () => {
        if (--left === 0) this.lost = this.disk.lose()
        return undefined
      }
      try {
        this.open()
      } catch (error) {
        if (!(error instanceof PowerLoss)) throw error
      }
      this.disk = this.lost ?? this.disk.lose()
      this.lost = null
    }
    this.open()
    const tail = this.rig.recoveredTail
    assert.ok(tail >= durable, 'what was durable is there')
    this.facts = this.facts.filter((fact) => fact.end <= tail)
    this.check()
  }

  /** What a crash leaves behind is no damage. */
  private inspect(): void {
    const { damage, segments } = inspect(this.disk)
    assert.notEqual(damage?.kind, 'corrupt', damage?.reason)
    const found = inspectCheckpoint(this.disk)
    assert.deepEqual(found.damage, [])
    for (const segment of inspectSegments(this.disk, new Set([...segments, ...found.segments]))) {
      assert.equal(segment.damage, null)
      if (!segment.used) this.counts.unfinished++
    }
  }

  private turn(): void {
    const { rig, dice, clock } = this
    const { journal } = rig.store
    for (let n = dice.below(6); n > 0; n--) {
      if (journal.roomForSettlement() >= 8 && dice.chance(journal.full ? 0.9 : 0.5)) this.settleOne()
      else if (journal.roomForSettlement() >= 8 && dice.chance(0.1)) this.trimOne()
      else if (journal.room() >= 1200) this.addOne()
    }
    rig.store.endTurn(dice.chance(this.syncs))
    for (let n = dice.below(8); n > 0; n--) clock.step()
    assert.equal(rig.fatal, null)
  }

  private addOne(): void {
    const { rig, dice } = this
    const body = this.nextBody++
    const length = 8 + dice.skewed(dice.chance(0.1) ? 1000 : 150)
    if (dice.chance(0.4)) {
      this.facts.push(rig.appendBatch(dice.pick(PARTITIONS), dice.between(1, 5), body, length))
      return
    }
    const queues = QUEUES.filter(() => dice.chance(0.15))
    if (queues.length > 0) this.facts.push(rig.enqueue(queues, body, length))
  }

  private settleOne(): void {
    const { rig, dice } = this
    const queue = dice.pick(QUEUES)
    const { index } = rig.queues.get(queue)!
    // From the first queues nearly everything goes at once, from the others some, here and there, remains.
    if (index.live === 0 || (queue > 4 && index.live < 20)) return
    const sequence = index.nextLive(dice.chance(0.5) ? index.head : dice.between(index.head, index.tail - 1))
    if (sequence >= index.tail) return
    this.facts.push(rig.settle(queue, sequence))
    if (rig.store.journal.full) this.counts.settledWhileFull++
  }

  private trimOne(): void {
    const { rig, dice } = this
    const partition = dice.pick(PARTITIONS)
    const { index } = rig.partitions.get(partition)!
    if (index.size < 8000) return
    this.facts.push(rig.trim(partition, dice.between(index.startOffset(), index.endOffset)))
  }

  private read(place: number, position: number, length: number, body: number): void {
    const { store, arena } = this.rig
    let at = store.locate(place, position, length)
    if (at < 0) {
      let done = false
      store.load(place, position, length, () => {
        done = true
        at = store.locate(place, position, length)
        if (at >= 0) assert.ok(isBody(arena.bytes, at, body, length), 'the bytes are those that were stored')
      })
      while (!done) assert.ok(this.clock.step())
      assert.ok(at >= 0)
      return
    }
    assert.ok(isBody(arena.bytes, at, body, length), 'the bytes are those that were stored')
  }
}

test('whatever is durable is there after a crash, wherever tidying and checkpoints were', () => {
  const sum: Record<string, number> = {}
  for (let seed = 1; seed <= CASES; seed++) {
    try {
      const lives = new Lives(seed)
      for (let life = 0; life < 4; life++) lives.life()
      lives.rest()
      lives.check()
      lives.collect()
      for (const [name, count] of Object.entries(lives.counts)) sum[name] = (sum[name] ?? 0) + count
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).stack}`)
    }
  }
  if (process.env.CASES) console.log(sum)
  const { startsRefused, ...others } = sum
  assert.ok(startsRefused! < CASES)
  for (const [name, count] of Object.entries(others)) assert.ok(count > 0, `${name}: ${count}`)
})
