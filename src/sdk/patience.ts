import type { Clock } from './clock.ts'
import { PosthornError } from './posthorn-error.ts'

/** How long who was told to stop waits for what runs, and what ends it then. */
export class Patience {
  /** Aborts when patience is over. */
  readonly signal: AbortSignal
  private readonly controller = new AbortController()
  private readonly clock: Clock
  private readonly ms: number

  constructor(clock: Clock, ms: number) {
    this.clock = clock
    this.ms = ms
    this.signal = this.controller.signal
  }

  /** Resolves with `done`, which the signal makes come. */
  async wait(done: Promise<void>): Promise<void> {
    const over = () =>
      this.controller.abort(new PosthornError('CLOSED', 'the consumer was stopped while its handler ran'))
    const cancel = this.clock.after(this.ms, over)
    await done
    cancel()
  }
}
