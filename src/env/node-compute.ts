import { Worker } from 'node:worker_threads'
import type { Compute } from './compute.ts'

/** A thread that waits for work; it is started when there is some, and again if it has died. */
export class NodeCompute implements Compute {
  private readonly entry: () => URL
  private worker: Worker | null = null
  /** Who waits for what is under way, in the order of the tasks. */
  private waiting: ((error: Error | null, result: unknown) => void)[] = []

  /** `entry` says where the thread's code is: it answers each message with `{ error, result }`. */
  constructor(entry: () => URL) {
    this.entry = entry
  }

  run(
    task: unknown,
    done: (error: Error | null, result: unknown) => void,
    handedOver: readonly ArrayBuffer[] = [],
  ): void {
    this.worker ??= this.start()
    this.waiting.push(done)
    this.worker.ref()
    this.worker.postMessage(task, handedOver)
  }

  private start(): Worker {
    const worker = new Worker(this.entry())
    worker.on('message', ({ error, result }: { error: string | null; result: unknown }) => {
      const done = this.waiting.shift()
      if (this.waiting.length === 0) worker.unref()
      done?.(error === null ? null : new Error(error), result)
    })
    const died = (error: Error) => {
      if (this.worker !== worker) return
      this.worker = null
      for (const done of this.waiting.splice(0)) done(error, null)
    }
    worker.on('error', died)
    worker.on('exit', (code) => died(new Error(`the thread for heavy work has ended with code ${code}`)))
    return worker
  }
}
