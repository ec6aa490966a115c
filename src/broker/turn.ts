import type { Clock } from '../env/clock.ts'
import type { Output } from './output.ts'

/** What waits until a position of the journal is durable. */
export interface Held {
  release(): void
}

/** Where the turn writes: the store. */
export interface Commit {
  /** The journal is on the disk up to here. */
  readonly durable: number
  /** Ends the turn; with `sync` what was appended becomes durable as soon as the disk allows. */
  endTurn(sync: boolean): void
}

/** Work whose size a client chose, done in bounded steps between turns. `step` returns true when it is done. */
export interface Task {
  step(): boolean
}

/**
 * The turn: everything the broker does between two looks at the network. While input comes in, commands are handled and applied, and
 * what they cause is noted here; when there is no more input the turn ends: deliveries are made, facts are gathered, the journal is
 * written once, and each connection's output goes out in one call. While the disk works, the next turns gather.
 */
export class Turn {
  /** Done in this order when the turn ends, before the journal is written. */
  readonly stages: (() => void)[] = []
  private readonly clock: Clock
  private readonly commit: Commit
  private scheduled = false
  private stopped = false
  private outputs: Output[] = []
  private readonly tasks: Task[] = []
  private held: Held[] = []
  private heldAt: number[] = []

  constructor(clock: Clock, commit: Commit) {
    this.clock = clock
    this.commit = commit
  }

  /** Makes sure that this turn comes to its end. Whatever changes state calls it. */
  touch(): void {
    if (this.scheduled) return
    this.scheduled = true
    this.clock.afterInput(this.finish)
  }

  /** There are no more turns: the store is closed. */
  stop(): void {
    this.scheduled = true
    this.stopped = true
  }

  readonly mark = (output: Output): void => {
    this.outputs.push(output)
    this.touch()
  }

  /**
   * Calls `held.release()` when the journal is durable up to `position`: at once if it is. Who waits for the same write is released in
   * the order of the calls.
   */
  hold(position: number, held: Held): void {
    if (position <= this.commit.durable) {
      held.release()
      return
    }
    this.held.push(held)
    this.heldAt.push(position)
    this.touch()
  }

  /** Goes on with `task` at the end of this and the following turns until it is done. */
  start(task: Task): void {
    this.tasks.push(task)
    this.touch()
  }

  /** The journal got on: what was held for it goes out, and what gathered meanwhile is written when the turn ends. */
  readonly progressed = (): void => {
    const { held, heldAt } = this
    const durable = this.commit.durable
    this.held = []
    this.heldAt = []
    for (let i = 0; i < held.length; i++) {
      if (heldAt[i] <= durable) held[i].release()
      else {
        this.held.push(held[i])
        this.heldAt.push(heldAt[i])
      }
    }
    this.touch()
  }

  private readonly finish = (): void => {
    if (this.stopped) return
    this.scheduled = false
    this.runTasks()
    for (const stage of this.stages) stage()
    this.commit.endTurn(this.held.length > 0)
    const outputs = this.outputs
    this.outputs = []
    for (let i = 0; i < outputs.length; i++) outputs[i].flush()
  }

  private runTasks(): void {
    for (let i = this.tasks.length - 1; i >= 0; i--) if (this.tasks[i].step()) this.tasks.splice(i, 1)
    if (this.tasks.length > 0) this.touch()
  }
}
