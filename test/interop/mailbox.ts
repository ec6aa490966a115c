const PATIENCE_MS = 30_000

/** What comes by callback, for who awaits it. */
export class Mailbox<T> {
  readonly all: T[] = []
  private taken = 0
  private wake: () => void = () => {}

  put(one: T): void {
    this.all.push(one)
    this.wake()
  }

  /** The next one. */
  async next(): Promise<T> {
    await this.until(() => this.all.length > this.taken)
    return this.all[this.taken++]!
  }

  async take(count: number): Promise<T[]> {
    const some: T[] = []
    while (some.length < count) some.push(await this.next())
    return some
  }

  /** Resolves when `done` holds, looked at whenever something comes. */
  async until(done: () => boolean): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS
    while (!done()) await this.change(deadline - Date.now())
  }

  private change(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const had = `${this.all.length} came, of which ${this.taken} were wanted`
      const timer = setTimeout(() => reject(new Error(`nothing more came: ${had}`)), Math.max(timeoutMs, 0))
      // Who waits for one of several is done before the others' time is up.
      timer.unref()
      this.wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
