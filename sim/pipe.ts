import type { SimClock } from './clock.ts'
import type { Dice } from './random.ts'

interface Loan {
  readonly bytes: Uint8Array
  readonly done: (() => void) | undefined
  captured: number
}

/**
 * One direction of a connection. Bytes travel in order, in pieces that arrive after random delays; lent bytes are looked
 * at only when the kernel gets to them.
 */
export class Pipe {
  /** Bytes have arrived that can be taken. */
  onReady: () => void = () => {}
  /** Everything that was lent has been captured. */
  onDrained: () => void = () => {}
  /** Bytes that can be taken now. */
  arrived = 0
  /** Bytes lent and not captured yet. */
  uncaptured = 0
  private readonly clock: SimClock
  private readonly dice: Dice
  private readonly slowest: number
  private pieces: Uint8Array[] = []
  private travelling = 0
  private lastArrival = 0
  private loans: Loan[] = []
  private capturing = false
  private flowing = true
  private generation = 0
  private whenEmpty: (() => void) | null = null

  constructor(clock: SimClock, dice: Dice, slowest: number) {
    this.clock = clock
    this.dice = dice
    this.slowest = slowest
  }

  /** Nothing is under way, nothing waits to be taken. */
  get empty(): boolean {
    return this.travelling === 0 && this.arrived === 0 && this.uncaptured === 0
  }

  /** Sends bytes that will not change. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    const delay = this.dice.chance(0.01) ? this.dice.unit() * this.slowest * 50 : this.dice.unit() ** 2 * this.slowest
    // A later instant than the piece before, for order's sake.
    const at = Math.max(this.clock.time + delay, this.lastArrival + 1e-6)
    this.lastArrival = at
    this.travelling += bytes.length
    const generation = this.generation
    this.clock.after(at - this.clock.time, () => {
      if (generation !== this.generation) return
      this.travelling -= bytes.length
      this.pieces.push(bytes)
      this.arrived += bytes.length
      if (this.flowing) this.onReady()
    })
  }

  /** Sends bytes that are looked at some time before `done`. */
  lend(bytes: Uint8Array, done?: () => void): void {
    this.loans.push({ bytes, done, captured: 0 })
    this.uncaptured += bytes.length
    this.captureLater()
  }

  take(n: number, into: Uint8Array, at: number): void {
    this.arrived -= n
    let to = at
    while (n > 0) {
      const piece = this.pieces[0]!
      const length = Math.min(n, piece.length)
      into.set(piece.subarray(0, length), to)
      if (length === piece.length) this.pieces.shift()
      else this.pieces[0] = piece.subarray(length)
      to += length
      n -= length
    }
    this.checkEmpty()
  }

  /** Stops and goes on: while stopped nothing arrives and nothing lent is captured. */
  flow(on: boolean): void {
    if (on === this.flowing) return
    this.flowing = on
    if (!on) return
    if (this.arrived > 0) this.clock.after(0, () => this.flowing && this.arrived > 0 && this.onReady())
    if (this.loans.length > 0) this.captureLater()
  }

  /** Calls `closed` once everything has been taken. */
  close(closed: () => void): void {
    this.whenEmpty = closed
    this.flow(true)
    this.checkEmpty()
  }

  /** The connection broke: forgets everything. */
  drop(): void {
    this.generation++
    this.pieces = []
    this.arrived = 0
    this.travelling = 0
    this.uncaptured = 0
    const loans = this.loans
    this.loans = []
    this.clock.after(0, () => {
      for (const loan of loans) loan.done?.()
    })
    this.clock.after(0, () => this.checkEmpty())
  }

  private checkEmpty(): void {
    if (this.whenEmpty === null || !this.empty) return
    const closed = this.whenEmpty
    this.whenEmpty = null
    this.clock.after(this.dice.unit() * this.slowest, closed)
  }

  private captureLater(): void {
    if (this.capturing) return
    this.capturing = true
    const generation = this.generation
    this.clock.after(this.dice.unit() * this.slowest, () => {
      this.capturing = false
      if (generation === this.generation && this.flowing) this.capture()
      else if (this.loans.length > 0 && this.flowing) this.captureLater()
    })
  }

  private capture(): void {
    const loan = this.loans[0]
    if (loan === undefined) return
    const left = loan.bytes.length - loan.captured
    const n = this.dice.chance(0.5) ? left : this.dice.between(1, left)
    this.push(new Uint8Array(loan.bytes.subarray(loan.captured, loan.captured + n)))
    loan.captured += n
    this.uncaptured -= n
    if (loan.captured === loan.bytes.length) {
      this.loans.shift()
      loan.done?.()
    }
    if (this.loans.length > 0) this.captureLater()
    else this.onDrained()
  }
}
