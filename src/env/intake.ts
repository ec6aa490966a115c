import type { Arena } from '../std/arena.ts'
import { assert } from '../std/assert.ts'
import type { Handler } from './net.ts'

/**
 * The one place to which every connection reads, with headroom before it for the bytes that a handler left:
 *
 *     at - keep          at                    at + size
 *     ├─── headroom ─────┼─── region ──────────┤
 *             ├── left ──┼── just read ──┤
 *             start                      end        one run, shown to Handler.input
 */
export class ReadRegion {
  readonly arena: Arena
  readonly at: number
  readonly keep: number
  readonly size: number
  /** Bytes that all connections together have kept aside. */
  kept = 0

  constructor(arena: Arena, keep: number, size: number) {
    this.arena = arena
    this.keep = keep
    this.size = size
    this.at = arena.allocate(keep + size) + keep
  }
}

/** One connection's way into the region. A connection that keeps nothing has no memory of its own. */
export class Intake {
  private readonly region: ReadRegion
  private readonly handler: Handler
  private aside: Buffer | null = null
  private length = 0

  constructor(region: ReadRegion, handler: Handler) {
    this.region = region
    this.handler = handler
  }

  /** Bytes kept aside. */
  get kept(): number {
    return this.length
  }

  /** Shows the handler what it left and the `n` bytes that were just read to the region. */
  arrived(n: number): void {
    const { at } = this.region
    this.show(at - this.length, at, at + n)
  }

  /** Shows the handler what it left, once more. More than the headroom may be left while a connection is paused. */
  again(): void {
    if (this.length === 0) return
    const start = this.region.at - Math.max(0, this.length - this.region.size)
    this.show(start, start + this.length, start + this.length)
  }

  /** Whether what is left fits before the region, which it must before more is read. */
  fits(): boolean {
    return this.length <= this.region.keep
  }

  /** The connection has ended: forgets what is left. */
  drop(): void {
    this.region.kept -= this.length
    this.length = 0
    this.aside = null
  }

  private show(start: number, fresh: number, end: number): void {
    const { arena } = this.region
    const before = this.length
    if (before > 0) arena.bytes.set(this.aside!.subarray(0, before), start)
    const from = this.handler.input(start, end)
    assert(from >= start && from <= end, 'a handler consumes from what it was shown')
    const left = end - from
    this.region.kept += left - before
    this.length = left
    if (left === 0) {
      this.aside = null
    } else if (from === start && this.aside !== null && left <= this.aside.length) {
      // Nothing was consumed, as in the middle of a large message: only what is new has to be kept.
      this.aside.set(arena.bytes.subarray(fresh, end), before)
    } else {
      if (this.aside === null || this.aside.length < left) this.aside = Buffer.allocUnsafeSlow(roomFor(left))
      this.aside.set(arena.bytes.subarray(from, end))
    }
  }
}

/** The next power of two: a message that arrives in many pieces is then copied a few times only. */
function roomFor(length: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(64, length)))
}
