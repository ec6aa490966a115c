import type { Consumer } from './consumer.ts'

/** A consumer's place in the circle of those with its priority; alone in it if both its neighbours are itself. */
interface Seat<Q> {
  readonly consumer: Consumer<Q>
  before: Seat<Q>
  behind: Seat<Q>
  /** Out of the circle, because it could not take anything. */
  parked: boolean
}

/** Those of one priority who wait for their turn. */
interface Level<Q> {
  readonly priority: number
  /** Who is next; the last one is before it. Null if all are parked. */
  next: Seat<Q> | null
}

/**
 * The consumers of one queue, in the order in which they are served: by priority, and in turn among equals. Who was served goes to the
 * end; who can't take anything leaves, and comes back at the end when it can, after the next wake of the queue.
 */
export class Consumers<Q> {
  private readonly seats = new Map<Consumer<Q>, Seat<Q>>()
  /** Highest priority first. */
  private readonly levels: Level<Q>[] = []
  /** Those that left the circles, in the order in which they did. */
  private readonly parked: Seat<Q>[] = []
  /** The one that is served in a queue with a single active consumer. */
  private active: Consumer<Q> | null = null

  get size(): number {
    return this.seats.size
  }

  [Symbol.iterator](): Iterator<Consumer<Q>> {
    return this.seats.keys()
  }

  /** Adds behind those of the same priority. */
  add(consumer: Consumer<Q>): void {
    const seat = { consumer, parked: false } as Seat<Q>
    this.seats.set(consumer, seat)
    this.join(seat)
    this.active ??= consumer
  }

  remove(consumer: Consumer<Q>): boolean {
    const seat = this.seats.get(consumer)
    if (seat === undefined) return false
    this.seats.delete(consumer)
    const level = this.levelOf(consumer.priority)
    if (seat.parked) this.parked.splice(this.parked.indexOf(seat), 1)
    else this.unlink(level, seat)
    // Priorities are numbers that clients choose.
    const used = level.next !== null || this.parked.some((one) => one.consumer.priority === level.priority)
    if (!used) this.levels.splice(this.levels.indexOf(level), 1)
    if (this.active === consumer) this.active = this.first()
    return true
  }

  /** The queue was woken: those that can take something again come back. */
  wake(): void {
    const { parked } = this
    let kept = 0
    for (const seat of parked) {
      if (seat.consumer.canTake()) this.join(seat)
      else parked[kept++] = seat
    }
    parked.length = kept
  }

  /** The consumer whose turn it is, of those with the highest priority that can take a delivery; null if none can. */
  next(): Consumer<Q> | null {
    for (const level of this.levels) {
      for (let seat = level.next; seat !== null; seat = level.next) {
        if (seat.consumer.canTake()) return seat.consumer
        this.park(level, seat)
      }
    }
    return null
  }

  /** It was given a message: it goes to the end. With `leaves` it leaves at once if that was all it can take, else when it is its turn. */
  served(consumer: Consumer<Q>, leaves: boolean): void {
    for (const level of this.levels) {
      const seat = level.next
      if (seat === null || seat.consumer !== consumer) continue
      level.next = seat.behind
      if (leaves && !consumer.canTake()) this.park(level, seat)
      return
    }
  }

  /**
   * The single active consumer, if it can take a delivery. It stays so until it leaves, and then the one with the highest priority that
   * came first follows; with `yields` it also makes way for one of higher priority, as soon as nothing it was given waits.
   */
  nextSingle(yields: boolean): Consumer<Q> | null {
    const first = this.first()
    if (first === null) return null
    if (this.active === null) this.active = first
    else if (yields && first.priority > this.active.priority) {
      if (this.active.outstanding > 0) return null
      this.active = first
    }
    return this.active.canTake() ? this.active : null
  }

  /** Whoever of the highest priority has waited longest for its turn. */
  first(): Consumer<Q> | null {
    for (const { next } of this.levels) if (next !== null) return next.consumer
    return this.parked[0]?.consumer ?? null
  }

  private park(level: Level<Q>, seat: Seat<Q>): void {
    this.unlink(level, seat)
    seat.parked = true
    this.parked.push(seat)
  }

  private join(seat: Seat<Q>): void {
    const level = this.levelOf(seat.consumer.priority)
    const { next } = level
    seat.parked = false
    seat.behind = next ?? seat
    seat.before = next?.before ?? seat
    seat.behind.before = seat
    seat.before.behind = seat
    level.next = next ?? seat
  }

  private unlink(level: Level<Q>, seat: Seat<Q>): void {
    seat.before.behind = seat.behind
    seat.behind.before = seat.before
    if (level.next === seat) level.next = seat.behind === seat ? null : seat.behind
  }

  private levelOf(priority: number): Level<Q> {
    const { levels } = this
    let at = 0
    while (at < levels.length && levels[at].priority > priority) at++
    if (levels[at]?.priority !== priority) levels.splice(at, 0, { priority, next: null })
    return levels[at]
  }
}
