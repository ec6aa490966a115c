import { type JsonCodeTask, jsonCode } from '../src/broker/contract/json-code.ts'
import { BatchWork } from '../src/core/partition/batch-work.ts'
import type { Compute } from '../src/env/compute.ts'
import type { SimClock } from './clock.ts'

/** Heavy work under simulation: done at once, and told a while later. */
export class SimCompute implements Compute {
  private readonly clock: SimClock
  private readonly delay: () => number
  private readonly alive: () => boolean
  private readonly work = new BatchWork()
  private free = 0

  /** `alive` says whether the process that asks is still there. */
  constructor(clock: SimClock, delay: () => number, alive: () => boolean = () => true) {
    this.clock = clock
    this.delay = delay
    this.alive = alive
  }

  run(
    task: unknown,
    done: (error: Error | null, result: unknown) => void,
    handedOver: readonly ArrayBuffer[] = [],
  ): void {
    const copy = structuredClone(task, { transfer: [...handedOver] }) as Parameters<BatchWork['run']>[0] | JsonCodeTask
    // One task after the other, as in a thread.
    const now = this.clock.time
    this.free = Math.max(this.free, now) + this.delay()
    this.clock.after(this.free - now, () => {
      if (!this.alive()) return
      let result: unknown
      try {
        result = copy.kind === 'json-code' ? jsonCode(copy) : this.work.run(copy)
      } catch (error) {
        done(error as Error, null)
        return
      }
      done(null, result)
    })
  }
}
