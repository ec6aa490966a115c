/** Something that is there, or will be. Most things on the way of a message are there at once, and cost no promise then. */
export type MaybeLater<T> = T | Promise<T>

/** Goes on with a value as soon as it is there: at once, if it is. */
export function whenThere<T, R>(value: MaybeLater<T>, next: (value: T) => MaybeLater<R>): MaybeLater<R> {
  return value instanceof Promise ? value.then(next) : next(value)
}

/** Whether it has to be waited for, whosever promise it is. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}

/** All as soon as all are there. */
export function allThere<T>(all: readonly MaybeLater<T>[]): MaybeLater<readonly T[]> {
  return all.some((one) => one instanceof Promise) ? Promise.all(all) : (all as readonly T[])
}
