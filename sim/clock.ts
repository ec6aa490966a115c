import type { Clock } from '../src/env/clock.ts'
import type { Dice } from './random.ts'

interface Task {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

const TURN_MS = 0.005

/**
 * Simulated time and everything that waits for it. Time stands still while something runs and then jumps to the next
 * instant at which something is due. What is due at the same instant runs in a random order, as on a real machine,
 * unless it was scheduled with the same `line`.
 */
export class SimClock implements Clock {
  /** Milliseconds since the simulation began. */
  time = 0
  /** How many tasks have run. */
  steps = 0
  private readonly start: number
  private readonly dice: Dice
  private lives = 0
  private heap: Task[] = []
  private turnEnds: (() => void)[] = []
  private deadline = Number.POSITIVE_INFINITY
  private wake: (() => void) | null = null

  constructor(dice: Dice, start = 1_700_000_000_000) {
    this.dice = dice
    this.start = start
  }

  now(): number {
    return this.start + Math.floor(this.time)
  }

  elapsed(): number {
    return this.time
  }

  alarm(deadline: number, wake: () => void): void {
    this.deadline = deadline
    this.wake = wake
  }

  afterInput(run: () => void): void {
    this.turnEnds.push(run)
  }

  /** Runs `run` after `delay` milliseconds, in a random order among what is due then. */
  after(delay: number, run: () => void): void {
    this.push({ at: this.time + delay, order: this.dice.bits(), run })
  }

  /** Runs what is due next and returns true, or returns false if nothing is. */
  step(): boolean {
    // A turn ends when nothing more is due at this instant; now and then earlier, as the kernel hands input out piecemeal.
    const due = this.heap.length > 0 ? this.heap[0]!.at : Number.POSITIVE_INFINITY
    if (this.turnEnds.length > 0 && (due > this.time || this.dice.chance(0.05))) {
      const runs = this.turnEnds
      this.turnEnds = []
      // A turn takes its time: who asks for one after the other cannot keep the rest of the world waiting.
      this.time = Math.max(this.time, Math.min(due, this.time + TURN_MS))
      for (const run of runs) run()
      this.steps++
      return true
    }
    if (this.deadline <= due && this.deadline < Number.POSITIVE_INFINITY) {
      this.time = Math.max(this.time, this.deadline)
      const wake = this.wake!
      this.wake = null
      this.deadline = Number.POSITIVE_INFINITY
      this.steps++
      wake()
      return true
    }
    const task = this.pop()
    if (task === undefined) return false
    this.time = Math.max(this.time, task.at)
    this.steps++
    task.run()
    return true
  }

  /** Whether a turn has begun and not ended. */
  get inTurn(): boolean {
    return this.turnEnds.length > 0
  }

  /** When the next thing is due; the present if a turn is to be ended. */
  next(): number {
    if (this.turnEnds.length > 0) return this.time
    return Math.min(this.deadline, this.heap.length > 0 ? this.heap[0]!.at : Number.POSITIVE_INFINITY)
  }

  /**
   * The clock of one process: when the next one is made, what an earlier one still asks for is not heard. Other tasks stay;
   * those of a dead process must see so themselves.
   */
  process(): Clock {
    this.turnEnds = []
    this.deadline = Number.POSITIVE_INFINITY
    this.wake = null
    const life = ++this.lives
    return {
      now: () => this.now(),
      elapsed: () => this.time,
      alarm: (deadline, wake) => life === this.lives && this.alarm(deadline, wake),
      afterInput: (run) => life === this.lives && this.afterInput(run),
    }
  }

  private push(task: Task): void {
    const heap = this.heap
    let i = heap.length
    heap.push(task)
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!before(task, heap[parent]!)) break
      heap[i] = heap[parent]!
      i = parent
    }
    heap[i] = task
  }

  private pop(): Task | undefined {
    const heap = this.heap
    const top = heap[0]
    const last = heap.pop()
    if (top === undefined || last === undefined || heap.length === 0) return top
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++
      if (!before(heap[child]!, last)) break
      heap[i] = heap[child]!
      i = child
    }
    heap[i] = last
    return top
  }
}

function before(a: Task, b: Task): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
