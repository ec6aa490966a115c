/** A rule was broken: the broker's fault, or the simulator's. */
export class Failure extends Error {
  override name = 'Failure'
}

/** Fails the simulation unless the rule holds. */
export function rule(holds: unknown, message: string): asserts holds {
  if (!holds) throw new Failure(message)
}
