import type { BatchResults, BatchTask } from '../../core/partition/batch-work.ts'
import type { Compute } from '../../env/compute.ts'

/** Has work on a batch done off the loop. `done` is never called before this has returned. */
export function workOn<T extends BatchTask>(
  compute: Compute,
  task: T,
  done: (error: Error | null, result: BatchResults[T['kind']]) => void,
): void {
  compute.run(task, (error, result) => done(error, result as BatchResults[T['kind']]))
}
