/**
 * Stops on a broken invariant. Asserts are always on and stand only behind validation: what a client sends is
 * answered with a protocol error, never with an assert.
 */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message)
}

/** A bug in Posthorn: whoever catches it stops the process. */
export class AssertionError extends Error {
  override name = 'AssertionError'
}

/** The same where the message costs something to make, and what it is about happens often: `if (wrong) broken(…)`. */
export function broken(message: string): never {
  throw new AssertionError(message)
}

/** For the branch that a closed union leaves impossible. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${String(value)}`)
}
