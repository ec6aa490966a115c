import type { Arena } from '../std/arena.ts'
import { assert } from '../std/assert.ts'

export interface WindowOptions {
  /** Slots in the arena, and bytes of each. */
  readonly slots: number
  readonly slotSize: number
  /** Reads under way at a time. */
  readonly reads: number
}

export const WINDOW_DEFAULTS: WindowOptions = { slots: 24, slotSize: 2 ** 20, reads: 2 }

/** Where windows read from. */
export interface WindowSource {
  /** Where a read for `position` had better begin, at or below it. */
  start(place: number, position: number): number
  /** Where it had better end, at or behind `end`. */
  end(place: number, end: number): number
  /** How many bytes from `start` on can be read in one go; 0 if they are gone. */
  extent(place: number, start: number): number
  readAsync(
    place: number,
    position: number,
    length: number,
    into: Uint8Array,
    at: number,
    done: (error: Error | null) => void,
  ): void
}

interface Waiting {
  readonly place: number
  readonly position: number
  readonly length: number
  readonly done: Loaded[]
  /** Nothing but these bytes is read: what lies behind them could not be. */
  readonly alone: boolean
}

type Loaded = (error: Error | null) => void

/**
 * What those who lag behind read: runs of the logs' files and of segments, in slots of the arena. A run takes as many slots as it needs
 * to hold what was asked for, and as much of what lies behind it as fits; the slots used longest ago make room. A slot
 * that was never needed costs no memory. Nothing ever has to be forgotten: what was written at a position of a place stays what it
 * is, and positions are not used twice.
 */
export class Windows {
  /** Reads done. */
  loads = 0
  private readonly arena: Arena
  private readonly source: WindowSource
  private readonly options: WindowOptions
  private readonly later: () => void
  private readonly base: number
  // A run is described at its first slot: `span` slots, bytes [start, end) of `place`; span 0 is a slot that is part of
  // another run, or empty.
  private readonly span: Uint8Array
  private readonly place: Uint8Array
  private readonly start: Float64Array
  private readonly end: Float64Array
  /** When it was last used; one that is being read has Infinity. */
  private readonly used: Float64Array
  /** Callbacks of those who wait for a run that is being read, or null. */
  private readonly loading: (Loaded[] | null)[]
  private waiting: Waiting[] = []
  private time = 0
  private reading = 0
  private last = 0

  /**
   * `later` sees to it that `pump` is called at the end of a turn. Whoever waited for a run has his turn before another read can
   * take its place: otherwise two queues of large messages would drive out each other's for ever.
   */
  constructor(arena: Arena, source: WindowSource, options: WindowOptions, later: () => void) {
    this.later = later
    this.arena = arena
    this.source = source
    this.options = options
    this.base = arena.allocate(options.slots * options.slotSize)
    this.span = new Uint8Array(options.slots)
    this.place = new Uint8Array(options.slots)
    this.start = new Float64Array(options.slots)
    this.end = new Float64Array(options.slots)
    this.used = new Float64Array(options.slots)
    this.loading = new Array(options.slots).fill(null)
  }

  /** The longest run of bytes that can be loaded. */
  get longest(): number {
    return this.options.slots * this.options.slotSize
  }

  /** Where in the arena the bytes are, or -1 if they are in no window. Valid until the turn ends. */
  locate(place: number, position: number, length: number): number {
    let slot = this.last
    if (!this.holds(slot, place, position, length)) {
      slot = 0
      while (slot < this.span.length && !this.holds(slot, place, position, length)) slot++
      if (slot === this.span.length) return -1
      this.last = slot
    }
    this.used[slot] = ++this.time
    return this.base + slot * this.options.slotSize + (position - this.start[slot]!)
  }

  /** Reads the bytes, and what follows them, to a window; callers for the same bytes share one read. `done` tells if they cannot be had. */
  load(place: number, position: number, length: number, done: Loaded): void {
    assert(length <= this.longest, 'no message is longer than all windows together')
    for (let slot = 0; slot < this.span.length; slot++) {
      const loading = this.loading[slot]!
      if (loading !== null && this.covers(slot, place, position, length)) {
        loading.push(this.again(place, position, length, done))
        return
      }
    }
    for (const each of this.waiting) {
      if (each.place !== place || each.position !== position || each.length < length) continue
      each.done.push(done)
      return
    }
    this.waiting.push({ place, position, length, done: [done], alone: false })
    this.later()
  }

  /** For who shares the read of others: damage in what they wanted need not be in what he wants. */
  private again(place: number, position: number, length: number, done: Loaded): Loaded {
    return (error) => {
      if (error === null) done(null)
      else this.loadAlone(place, position, length, [done])
    }
  }

  private loadAlone(place: number, position: number, length: number, done: Loaded[]): void {
    this.waiting.push({ place, position, length, done, alone: true })
    this.later()
  }

  private holds(slot: number, place: number, position: number, length: number): boolean {
    return this.loading[slot] === null && this.covers(slot, place, position, length)
  }

  private covers(slot: number, place: number, position: number, length: number): boolean {
    if (this.span[slot] === 0 || this.place[slot] !== place) return false
    return position >= this.start[slot]! && position + length <= this.end[slot]!
  }

  /** Begins the reads that there is room for. */
  pump(): void {
    while (this.waiting.length > 0 && this.reading < this.options.reads) {
      const next = this.waiting[0]!
      const from = this.source.start(next.place, next.position)
      const extent = this.source.extent(next.place, from)
      if (extent === 0) {
        // Who waited for them has to see that they are gone.
        this.waiting.shift()
        for (const done of next.done) done(null)
        continue
      }
      const wanted = this.source.end(next.place, next.position + next.length)
      const needed = Math.max(next.position + next.length - from, Math.min(wanted - from, extent))
      const slots = Math.ceil(needed / this.options.slotSize)
      const slot = this.makeRoom(slots)
      if (slot < 0) return
      this.waiting.shift()
      const length = next.alone ? needed : this.lengthOf(slots, from, needed, extent, next.place)
      this.read(slot, slots, from, length, next)
    }
  }

  /** What fits in the slots, if that is a good end for a read; else what is needed. */
  private lengthOf(slots: number, from: number, needed: number, extent: number, place: number): number {
    const most = Math.min(slots * this.options.slotSize, Math.max(needed, extent))
    const length = this.upToNext(place, from, needed, most)
    return length >= extent || this.source.end(place, from + length) === from + length ? length : needed
  }

  /** Those who read side by side are not quite at the same place: what is in the window of another is not read again. */
  private upToNext(place: number, from: number, needed: number, most: number): number {
    let length = most
    for (let slot = 0; slot < this.span.length; slot++) {
      const apart = this.start[slot]! - from
      if (this.span[slot]! > 0 && this.place[slot] === place && apart >= needed) length = Math.min(length, apart)
    }
    return length
  }

  private read(slot: number, slots: number, from: number, length: number, first: Waiting): void {
    const { source, arena } = this
    this.span[slot] = slots
    this.place[slot] = first.place
    this.start[slot] = from
    this.end[slot] = from + length
    this.used[slot] = Number.POSITIVE_INFINITY
    // Others may join in, each with a second try of his own.
    this.loading[slot] = [(error) => this.loaded(first, error)]
    this.reading++
    const at = this.base + slot * this.options.slotSize
    source.readAsync(first.place, from, length, arena.bytes, at, (error) => {
      const callbacks = this.loading[slot]!
      this.loading[slot] = null
      this.used[slot] = ++this.time
      this.reading--
      this.loads++
      if (error !== null) this.span[slot] = 0
      for (const done of callbacks) done(error)
      this.later()
    })
  }

  private loaded(first: Waiting, error: Error | null): void {
    const { place, position, length, done, alone } = first
    if (error !== null && !alone) this.loadAlone(place, position, length, done)
    else for (const each of done) each(error)
  }

  /** Frees `count` slots side by side, those whose latest use is the longest ago; returns the first, or -1 for now. */
  private makeRoom(count: number): number {
    const { slots } = this.options
    let best = -1
    let bestUse = Number.POSITIVE_INFINITY
    for (let first = 0; first + count <= slots; first++) {
      let use = 0
      for (let slot = first; slot < first + count; slot++) use = Math.max(use, this.useOf(slot))
      if (use < bestUse) {
        best = first
        bestUse = use
      }
    }
    if (best < 0) return -1
    for (let owner = 0; owner < slots; owner++) {
      const span = this.span[owner]!
      if (span > 0 && owner < best + count && owner + span > best) this.span[owner] = 0
    }
    return best
  }

  /** When the run that has this slot was last used; 0 if none has it. */
  private useOf(slot: number): number {
    for (let owner = slot; owner >= 0; owner--) {
      const span = this.span[owner]!
      if (span > slot - owner) return this.used[owner]!
      if (span > 0) return 0
    }
    return 0
  }
}
