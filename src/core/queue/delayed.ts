import { Heap } from '../../std/heap.ts'

/** Which messages wait before they go out again, and how long: `min` milliseconds for each failure, `max` at most. */
export interface DelayedRetry {
  /** All that come back, those that failed, or those that were given back. */
  readonly type: 'all' | 'failed' | 'returned'
  readonly min: number
  readonly max: number
}

/** When a message that comes back now may go out again; 0: at once. */
export function readyAt(retry: DelayedRetry | null, failed: boolean, failures: number, now: number): number {
  if (retry === null || (retry.type === 'failed' && !failed) || (retry.type === 'returned' && failed)) return 0
  return now + Math.min(retry.min * Math.max(1, failures), retry.max)
}

/** The messages of a queue that wait until they may go out again, by the instant when they may. */
export class Delayed {
  size = 0
  private readonly instants = new Heap()
  private readonly sequences = new Map<number, number[]>()

  add(sequence: number, at: number): void {
    this.size++
    const others = this.sequences.get(at)
    if (others !== undefined) {
      others.push(sequence)
      return
    }
    this.sequences.set(at, [sequence])
    this.instants.push(at)
  }

  /** When the next one may go out; `Infinity` if none waits. */
  next(): number {
    return this.instants.peek()
  }

  /** Takes those out that have waited long enough, about `most` of them; `visit` returns false for one that is not there any more. */
  due(now: number, most: number, visit: (sequence: number) => boolean): void {
    for (let n = 0; n < most && this.instants.peek() <= now; ) {
      const at = this.instants.peek()
      const sequences = this.sequences.get(at) ?? []
      const taken = sequences.splice(0, most - n)
      n += Math.max(1, taken.length)
      for (const sequence of taken) if (visit(sequence)) this.size--
      if (sequences.length > 0) continue
      this.instants.pop()
      this.sequences.delete(at)
    }
  }

  /** One that waited is gone. */
  removed(): void {
    this.size--
  }

  /** Memory held, in bytes, near enough. */
  bytes(): number {
    return this.instants.bytes() + this.size * 16 + this.sequences.size * 100
  }
}
