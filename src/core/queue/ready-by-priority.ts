import { assert } from '../../std/assert.ts'
import { Heap } from '../../std/heap.ts'
import { NumberRing } from '../../std/number-ring.ts'
import { type QueueIndex, READY, REDELIVERED, STATE } from './queue-index.ts'
import type { ReadyOrder } from './ready.ts'

/** The ready messages of one priority. */
interface Level {
  /** In the order in which they came. */
  readonly line: NumberRing
  /** Those that came back, lowest sequence first: they go out before the line. */
  readonly requeued: Heap
}

/**
 * The highest priority goes first, and among equals who came first. What comes back goes to its old place or, in a quorum queue, before
 * everything else, whatever its priority. 8 bytes a ready message.
 */
export class ByPriority implements ReadyOrder {
  private readonly index: QueueIndex
  private readonly levels: (Level | null)[]
  /** No level above it has a message. */
  private top = -1
  /** What came back to a quorum queue, in the order in which it did; null if messages go to their old place. */
  private readonly front: NumberRing | null

  /** Priorities are 0 to `highest`. */
  constructor(index: QueueIndex, highest: number, returnsFirst: boolean) {
    this.index = index
    this.levels = new Array(highest + 1).fill(null)
    this.front = returnsFirst ? new NumberRing() : null
  }

  /** A message is ready, behind all of its priority. */
  added(sequence: number, priority: number): void {
    this.levelOf(priority).line.push(sequence)
    if (priority > this.top) this.top = priority
  }

  peek(): number {
    const first = this.front === null ? -1 : this.first(this.front)
    if (first >= 0) return first
    for (; this.top >= 0; this.top--) {
      const level = this.levels[this.top]
      const sequence = level === null ? -1 : this.firstOf(level)
      if (sequence >= 0) return sequence
    }
    return -1
  }

  taken(sequence: number): void {
    if (this.front?.peek() === sequence) {
      this.front.shift()
      return
    }
    const level = this.levels[this.index.priority(sequence)]
    if (level === null || level === undefined) return
    if (level.requeued.peek() === sequence) level.requeued.pop()
    else if (level.line.peek() === sequence) level.line.shift()
  }

  returned(sequence: number): void {
    if (this.front !== null) {
      this.front.push(sequence)
      return
    }
    const priority = this.index.priority(sequence)
    this.levelOf(priority).requeued.push(sequence)
    if (priority > this.top) this.top = priority
  }

  heads(visit: (sequence: number) => void): void {
    const first = this.front === null ? -1 : this.first(this.front)
    if (first >= 0) visit(first)
    for (let priority = this.top; priority >= 0; priority--) {
      const level = this.levels[priority]
      const sequence = level === null ? -1 : this.firstOf(level)
      if (sequence >= 0) visit(sequence)
    }
  }

  clear(): void {
    this.levels.fill(null)
    this.top = -1
    this.front?.clear()
  }

  bytes(): number {
    let sum = this.front === null ? 0 : this.front.bytes()
    for (const level of this.levels) if (level !== null) sum += level.line.bytes() + level.requeued.bytes()
    return sum
  }

  /** What goes out next has the highest priority and, of those, the lowest sequence, unless it came back to a quorum queue. */
  invariants(next: number): void {
    if (this.front !== null && (this.index.flags(next) & REDELIVERED) !== 0) return
    const { index } = this
    const priority = index.priority(next)
    for (let sequence = index.nextLive(index.head); sequence < index.tail; sequence = index.nextLive(sequence + 1)) {
      if ((index.flags(sequence) & STATE) !== READY) continue
      const other = index.priority(sequence)
      assert(
        other < priority || (other === priority && sequence >= next),
        `message ${next} of priority ${priority} would go out before ${sequence} of ${other}`,
      )
    }
  }

  private levelOf(priority: number): Level {
    const known = this.levels[priority]
    if (known !== null) return known
    const level = { line: new NumberRing(), requeued: new Heap() }
    this.levels[priority] = level
    return level
  }

  private firstOf({ line, requeued }: Level): number {
    while (requeued.size > 0) {
      const sequence = requeued.peek()
      if ((this.index.flags(sequence) & STATE) === READY) return sequence
      requeued.pop()
    }
    return this.first(line)
  }

  private first(line: NumberRing): number {
    while (line.size > 0) {
      const sequence = line.peek()
      if ((this.index.flags(sequence) & STATE) === READY) return sequence
      line.shift()
    }
    return -1
  }
}
