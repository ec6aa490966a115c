import type { Bindings, MessageHeaders } from './bindings.ts'
import type { Destination } from './destination.ts'

/** The default exchange: every queue is bound to it by its own name, and nobody can change that. */
export class DefaultBindings implements Bindings {
  readonly keys = 'each'
  readonly varies = false
  private readonly queues: ReadonlyMap<string, Destination>

  constructor(queues: ReadonlyMap<string, Destination>) {
    this.queues = queues
  }

  bind(): void {}

  unbind(): void {}

  route(key: string, _headers: MessageHeaders, out: Destination[]): void {
    const queue = this.queues.get(key)
    if (queue !== undefined) out.push(queue)
  }
}
