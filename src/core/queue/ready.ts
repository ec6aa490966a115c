import { Heap } from '../../std/heap.ts'
import { type QueueIndex, READY, STATE } from './queue-index.ts'

/** In which order a queue's ready messages go out. What it holds may be out of date: the index says what is ready. */
export interface ReadyOrder {
  /** The sequence of the message that goes out next, or -1. */
  peek(): number
  /** What `peek` returned is ready no more. */
  taken(sequence: number): void
  /** A message that was handed out is ready again. */
  returned(sequence: number): void
  /** Calls `visit` for the messages that are first among their equals: where expired ones are looked for. */
  heads(visit: (sequence: number) => void): void
  /** Nothing is ready any more. */
  clear(): void
  /** Memory held, in bytes, near enough. */
  bytes(): number
}

/** Messages go out as they came; one that comes back goes out before all that came after it. Costs nothing per message. */
export class InSequence implements ReadyOrder {
  private readonly index: QueueIndex
  /** Sequences below it were handed out before, unless `requeued` holds them. */
  private cursor = 0
  private readonly requeued = new Heap()

  constructor(index: QueueIndex) {
    this.index = index
  }

  peek(): number {
    const index = this.index
    while (this.requeued.size > 0) {
      const sequence = this.requeued.peek()
      if ((index.flags(sequence) & STATE) === READY) return sequence
      this.requeued.pop()
    }
    if (this.cursor < index.head) this.cursor = index.head
    while (this.cursor < index.tail) {
      if ((index.flags(this.cursor) & STATE) === READY) return this.cursor
      this.cursor = index.nextLive(this.cursor + 1)
    }
    return -1
  }

  taken(sequence: number): void {
    if (sequence === this.cursor) this.cursor++
  }

  returned(sequence: number): void {
    if (sequence < this.cursor) this.requeued.push(sequence)
  }

  heads(visit: (sequence: number) => void): void {
    const sequence = this.peek()
    if (sequence >= 0) visit(sequence)
  }

  clear(): void {
    this.requeued.clear()
  }

  bytes(): number {
    return this.requeued.bytes()
  }
}
