import { assert } from '../../std/assert.ts'

/** How far a record has come; the numbers are those of Kafka's share-group state. */
export const Delivery = {
  /** May be handed out, for the first time or again. */
  available: 0,
  /** Handed out, and locked for whom has it until its deadline. */
  acquired: 1,
  acknowledged: 2,
  /** Given up: rejected, handed out too often, or not there. */
  archived: 4,
} as const

/** Neighbouring records with the same state and count of deliveries. */
export interface Run {
  readonly first: number
  readonly last: number
  readonly state: number
  readonly count: number
}

/** Nobody has it. */
const NOBODY = 0
const FIRST_CAPACITY = 16

/**
 * The records of a partition that are on their way to a group: those from `start`, the first that is not done, to `end`, the first that was never handed out. It knows
 * nothing of records outside, so that what it takes in memory is bounded by how many may be on their way at once, and not by the partition.
 * Durable are, for each record, the last state that was told by `apply`, and that count; who has a record now, and until when, is volatile.
 */
export class Window {
  start: number
  end: number
  /** Records that somebody has. */
  acquired = 0
  private states = new Uint8Array(FIRST_CAPACITY)
  private counts = new Uint8Array(FIRST_CAPACITY)
  /** The counts that `apply` told. */
  private told = new Uint8Array(FIRST_CAPACITY)
  private owners = new Int32Array(FIRST_CAPACITY)
  private deadlines = new Float64Array(FIRST_CAPACITY)
  /** No record before this one is available. */
  private hint: number

  constructor(start: number) {
    this.start = start
    this.end = start
    this.hint = start
  }

  get size(): number {
    return this.end - this.start
  }

  /** Bytes in memory, roughly. */
  get bytes(): number {
    return 200 + this.states.length * 15
  }

  private at(offset: number): number {
    return offset & (this.states.length - 1)
  }

  stateOf(offset: number): number {
    if (offset < this.start) return Delivery.archived
    return offset < this.end ? this.states[this.at(offset)]! : Delivery.available
  }

  countOf(offset: number): number {
    return offset < this.start || offset >= this.end ? 0 : this.counts[this.at(offset)]!
  }

  /** The first record that may be handed out: `end` if there is none before. */
  firstAvailable(): number {
    let offset = Math.max(this.hint, this.start)
    while (offset < this.end && this.states[this.at(offset)] !== Delivery.available) offset++
    this.hint = offset
    return offset
  }

  /**
   * Hands out available records from `first` to `last`, `most` of them, without letting the window become longer than `longest`. What was
   * handed out is appended to `runs`; returns how many.
   */
  acquire(
    first: number,
    last: number,
    most: number,
    longest: number,
    owner: number,
    deadline: number,
    runs: Run[],
  ): number {
    assert(owner !== NOBODY, 'records for nobody')
    const to = Math.min(last, Math.max(this.end, this.start + longest) - 1)
    let taken = 0
    for (let offset = Math.max(first, this.start); offset <= to && taken < most; offset++) {
      if (offset >= this.end) this.extend(offset + 1)
      const i = this.at(offset)
      if (this.states[i] !== Delivery.available) continue
      this.states[i] = Delivery.acquired
      this.counts[i] = Math.min(255, this.counts[i]! + 1)
      this.owners[i] = owner
      this.deadlines[i] = deadline
      this.acquired++
      taken++
      addTo(runs, offset, Delivery.acquired, this.counts[i]!)
    }
    return taken
  }

  /** Whether all of these are with `owner`; those before `start` are done, and do not matter. */
  areWith(owner: number, first: number, last: number): boolean {
    for (let offset = Math.max(first, this.start); offset <= last; offset++) {
      const i = this.at(offset)
      if (offset >= this.end || this.states[i] !== Delivery.acquired || this.owners[i] !== owner) return false
    }
    return true
  }

  /** Whether all of these are with somebody. */
  areAcquired(first: number, last: number): boolean {
    for (let offset = Math.max(first, this.start); offset <= last; offset++) {
      if (offset >= this.end || this.states[this.at(offset)] !== Delivery.acquired) return false
    }
    return true
  }

  /** The records among these that are still on their way get a new deadline. */
  renew(first: number, last: number, deadline: number): void {
    for (let offset = Math.max(first, this.start); offset <= last && offset < this.end; offset++) {
      const i = this.at(offset)
      if (this.states[i] === Delivery.acquired) this.deadlines[i] = deadline
    }
  }

  /** What becomes of records that are given back: they may be tried again, unless they have been handed out `limit` times. */
  released(first: number, last: number, limit: number, runs: Run[]): void {
    for (let offset = Math.max(first, this.start); offset <= last && offset < this.end; offset++) {
      const i = this.at(offset)
      if (this.states[i] !== Delivery.acquired) continue
      const count = this.counts[i]!
      addTo(runs, offset, count >= limit ? Delivery.archived : Delivery.available, count)
    }
  }

  /** Records that are done, each with the deliveries that it took. */
  settled(first: number, last: number, state: number, runs: Run[]): void {
    for (let offset = Math.max(first, this.start); offset <= last && offset < this.end; offset++) {
      addTo(runs, offset, state, this.counts[this.at(offset)]!)
    }
  }

  /** Records with `owner` that it is not to see. */
  hidden(owner: number, first: number, last: number, runs: Run[]): void {
    for (let offset = Math.max(first, this.start); offset <= last && offset < this.end; offset++) {
      const i = this.at(offset)
      if (this.states[i] !== Delivery.acquired || this.owners[i] !== owner) continue
      addTo(runs, offset, Delivery.archived, this.counts[i]!)
    }
  }

  /** Given back, for all that `owner` has. */
  releasedBy(owner: number, limit: number, runs: Run[]): void {
    this.eachAcquired((offset, i) => {
      if (this.owners[i] === owner) this.released(offset, offset, limit, runs)
    })
  }

  /** The same for all whose time is over; returns the first deadline that is not. */
  expired(now: number, limit: number, runs: Run[]): number {
    let next = Number.POSITIVE_INFINITY
    this.eachAcquired((offset, i) => {
      if (this.deadlines[i]! <= now) this.released(offset, offset, limit, runs)
      else next = Math.min(next, this.deadlines[i]!)
    })
    return next
  }

  private eachAcquired(visit: (offset: number, i: number) => void): void {
    let left = this.acquired
    for (let offset = this.start; offset < this.end && left > 0; offset++) {
      const i = this.at(offset)
      if (this.states[i] !== Delivery.acquired) continue
      left--
      visit(offset, i)
    }
  }

  /** The only writer of what is durable: these records are in this state now, with so many deliveries. */
  apply({ first, last, state, count }: Run): void {
    if (last >= this.end) this.extend(last + 1)
    for (let offset = Math.max(first, this.start); offset <= last; offset++) {
      const i = this.at(offset)
      if (this.states[i] === Delivery.acquired) this.acquired--
      this.states[i] = state
      this.counts[i] = count
      this.told[i] = count
      this.owners[i] = NOBODY
      if (state === Delivery.available && offset < this.hint) this.hint = offset
    }
    this.advance()
  }

  /** Everything before `offset` is done, or not there any more. */
  moveStart(offset: number): void {
    if (offset <= this.start) return
    for (let at = this.start; at < Math.min(offset, this.end); at++) {
      if (this.states[this.at(at)] === Delivery.acquired) this.acquired--
    }
    this.start = offset
    this.end = Math.max(this.end, offset)
    this.advance()
  }

  private advance(): void {
    while (this.start < this.end && this.states[this.at(this.start)]! >= Delivery.acknowledged) this.start++
  }

  /** What is remembered of the window, from `start` on: records that somebody has are available, as often delivered as was told. */
  *durable(): Generator<Run> {
    const runs: Run[] = []
    for (let offset = this.start; offset < this.end; offset++) {
      const i = this.at(offset)
      const state = this.states[i]!
      const isDone = state >= Delivery.acknowledged
      if (!isDone && this.told[i] === 0) continue
      addTo(runs, offset, isDone ? state : Delivery.available, this.told[i]!)
      if (runs.length > 1) yield runs.shift()!
    }
    yield* runs
  }

  /** Records in the window that are done, though not all before them are. */
  get done(): number {
    let done = 0
    for (let offset = this.start; offset < this.end; offset++) {
      if (this.states[this.at(offset)]! >= Delivery.acknowledged) done++
    }
    return done
  }

  private extend(end: number): void {
    const needed = end - this.start
    if (needed > this.states.length) this.grow(needed)
    for (let offset = this.end; offset < end; offset++) {
      const i = this.at(offset)
      this.states[i] = Delivery.available
      this.counts[i] = this.told[i] = 0
      this.owners[i] = NOBODY
    }
    if (this.hint > this.end) this.hint = this.end
    this.end = end
  }

  private grow(needed: number): void {
    const { states, counts, told, owners, deadlines } = this
    let capacity = states.length
    while (capacity < needed) capacity *= 2
    const mask = states.length - 1
    this.states = new Uint8Array(capacity)
    this.counts = new Uint8Array(capacity)
    this.told = new Uint8Array(capacity)
    this.owners = new Int32Array(capacity)
    this.deadlines = new Float64Array(capacity)
    for (let offset = this.start; offset < this.end; offset++) {
      const from = offset & mask
      const i = this.at(offset)
      this.states[i] = states[from]!
      this.counts[i] = counts[from]!
      this.told[i] = told[from]!
      this.owners[i] = owners[from]!
      this.deadlines[i] = deadlines[from]!
    }
  }

  invariants(limit: number): void {
    let acquired = 0
    for (let offset = this.start; offset < this.end; offset++) {
      const i = this.at(offset)
      const state = this.states[i]!
      if (state === Delivery.acquired) acquired++
      assert((this.owners[i] !== NOBODY) === (state === Delivery.acquired), 'a record with an owner that has it not')
      assert(state !== Delivery.available || offset >= this.hint, 'a record that nobody will find')
      assert(state !== Delivery.available || this.counts[i]! < limit, 'a record that is tried too often')
    }
    assert(acquired === this.acquired, 'records that are out are counted wrongly')
    assert(this.size === 0 || this.stateOf(this.start) < Delivery.acknowledged, 'the window begins with what is done')
  }
}

function addTo(runs: Run[], offset: number, state: number, count: number): void {
  const last = runs[runs.length - 1]
  if (last !== undefined && last.last === offset - 1 && last.state === state && last.count === count) {
    runs[runs.length - 1] = { ...last, last: offset }
  } else runs.push({ first: offset, last: offset, state, count })
}
