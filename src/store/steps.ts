import type { Background } from './background.ts'

/**
 * What work waits for that goes on in bounded steps: the end of the next turn, one that comes by itself because something else has
 * happened, or the disk.
 */
export type Wait = 'turn' | 'change' | 'disk'

/** Work in bounded steps, written down as one text: each `yield` lets others have their turn. */
export type Steps<T = void> = Generator<Wait, T>

/**
 * Does one background job for the disk and goes on when it is done: `go` is then called, and calls for the next step. Throws what the
 * job ended with.
 */
export function* onDisk<T>(
  background: Background,
  go: () => void,
  job: (done: (error: Error | null, result?: T) => void) => void,
): Steps<T> {
  let over = false
  let failed: Error | null = null
  let found: T | undefined
  background.add((done) =>
    job((error, result) => {
      over = true
      failed = error
      found = result
      done()
      go()
    }),
  )
  while (!over) yield 'disk'
  if (failed !== null) throw failed
  return found as T
}
