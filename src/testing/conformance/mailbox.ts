import type { Clock } from '../../sdk/clock.ts'

/** Longer than any engine needs; a message that has not come by then does not come. */
const PATIENCE_MS = 20_000

/** Gathers what handlers got, for tests to wait for. */
export class Mailbox<T> {
  readonly all: T[] = []
  private taken = 0
  private waiting: (() => void)[] = []

  readonly put = (item: T): void => {
    this.all.push(item)
    const { waiting } = this
    this.waiting = []
    for (const resolve of waiting) resolve()
  }

  /** The next one that was not taken yet. */
  async next(): Promise<T> {
    await within(
      () => this.all.length > this.taken,
      () => this.change(),
      `item ${this.taken + 1}`,
    )
    return this.all[this.taken++]!
  }

  /** The next `count` of them. */
  async take(count: number): Promise<T[]> {
    const items: T[] = []
    while (items.length < count) items.push(await this.next())
    return items
  }

  private change(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve))
  }
}

/** Resolves when `is` is true; looks again whenever `change` resolves. */
async function within(is: () => boolean, change: () => Promise<void>, what: string): Promise<void> {
  let late = false
  let tell = () => {}
  const timer = setTimeout(() => {
    late = true
    tell()
  }, PATIENCE_MS)
  const expired = new Promise<void>((resolve) => {
    tell = resolve
  })
  try {
    while (!is()) {
      await Promise.race([change(), expired])
      if (late && !is()) throw new Error(`${what} has not come within ${PATIENCE_MS} ms`)
    }
  } finally {
    clearTimeout(timer)
  }
}

/** Asks until it is true: for what no event tells of. */
export async function eventually(is: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const until = Date.now() + PATIENCE_MS
  while (!(await is())) {
    if (Date.now() > until) throw new Error(`${what}: not within ${PATIENCE_MS} ms`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Waits until an engine's clock has moved on. */
export function elapse(clock: Clock, ms: number): Promise<void> {
  const until = clock.now() + ms
  return eventually(() => clock.now() >= until, `${ms} ms later`)
}

/** A promise and what settles it. */
export function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open!: () => void
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}
