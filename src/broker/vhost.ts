import { Router } from '../core/exchange/router.ts'
import type { Queue } from '../core/queue/queue.ts'

/** A tenant: its queues by name, its exchanges, and the way of a message through them. */
export class VHost {
  readonly name: string
  readonly queues = new Map<string, Queue>()
  readonly router = new Router<Queue>(this.queues)
  /** The journal position of the newest definition: what a reply about definitions has read. */
  changedAt = 0

  constructor(name: string) {
    this.name = name
  }
}
