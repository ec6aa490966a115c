/** Work for the disk that nobody waits for. `run` calls `done` when it is over. */
export type Job = (done: () => void) => void

/**
 * One background job at a time, in the order they came: the journal shares the disk with everything else, and beside
 * one background writer a group commit already falls to a third.
 */
export class Background {
  private readonly waiting: Job[] = []
  private busy = false
  private readonly idlers: (() => void)[] = []

  /** Whether nothing is running or waiting. */
  get idle(): boolean {
    return !this.busy
  }

  add(job: Job): void {
    if (this.busy) this.waiting.push(job)
    else this.start(job)
  }

  /** Calls `run` when nothing is running or waiting: at once if that is now. */
  whenIdle(run: () => void): void {
    if (this.busy) this.idlers.push(run)
    else run()
  }

  private start(job: Job): void {
    this.busy = true
    job(() => {
      const next = this.waiting.shift()
      if (next !== undefined) {
        this.start(next)
        return
      }
      this.busy = false
      for (const run of this.idlers.splice(0)) run()
    })
  }
}
