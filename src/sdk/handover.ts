/**
 * Hands items from a handler to a loop, one at a time: `put` resolves when the loop asks for the next one, which says that it is done with the last.
 */
export class Handover<T> {
  private readonly waiting: { readonly item: T; readonly done: () => void }[] = []
  private arrived = () => {}
  private failure: { readonly error: unknown } | null = null
  private ended = false

  readonly put = (item: T): Promise<void> =>
    new Promise((resolve) => {
      this.waiting.push({ item, done: resolve })
      this.arrived()
    })

  /** Nothing more comes: the loop ends, or fails. */
  end(failure: { readonly error: unknown } | null): void {
    this.ended = true
    this.failure = failure
    this.arrived()
  }

  async *items(): AsyncGenerator<T, void, void> {
    for (;;) {
      const next = this.waiting.shift()
      if (next !== undefined) {
        try {
          yield next.item
        } finally {
          next.done()
        }
        continue
      }
      if (this.failure !== null) throw this.failure.error
      if (this.ended) return
      await new Promise<void>((resolve) => {
        this.arrived = resolve
      })
    }
  }
}
