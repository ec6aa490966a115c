import type { BatchResults, BatchTask } from '../../core/partition/batch-work.ts'
import type { Compute } from '../../env/compute.ts'

/**
 * Has work on a batch done off the loop. Bytes that are all of their memory are handed over with it: who calls does not look at them again. `done` is
 * never called before this has returned.
 */
export function workOn<T extends BatchTask>(
  compute: Compute,
  task: T,
  done: (error: Error | null, result: BatchResults[T['kind']]) => void,
): void {
  const handedOver: ArrayBuffer[] = []
  if ('bytes' in task) {
    const { buffer, byteLength } = task.bytes
    if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) handedOver.push(buffer)
  }
  compute.run(task, (error, result) => done(error, result as BatchResults[T['kind']]), handedOver)
}
