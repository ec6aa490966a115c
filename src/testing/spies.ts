import type { Context } from '../sdk/context.ts'
import type { Middleware } from '../sdk/handling.ts'

/** A message that a handler has handled, or has failed to. */
export interface Handling<Payload = unknown> {
  readonly payload: Payload
  readonly context: Context
  /** What the handler returned. */
  readonly answer: unknown
  /** What it threw; null if it did not. */
  readonly error: unknown
}

interface Wish {
  readonly source: string
  readonly match: (handling: Handling) => boolean
  readonly resolve: (handling: Handling) => void
}

/** Knows what the handlers of a broker's buses have handled. */
export class Spies {
  private readonly seen: Handling[] = []
  private wishes: Wish[] = []

  readonly middleware: Middleware = (next) => async (payload, context) => {
    try {
      const answer = await next(payload, context)
      this.note({ payload, context, answer, error: null })
      return answer
    } catch (error) {
      this.note({ payload, context, answer: undefined, error })
      throw error
    }
  }

  /** What was handled of a queue or topic so far. */
  of(source: string): readonly Handling[] {
    return this.seen.filter(({ context }) => context.source === source)
  }

  /** The first that matches, of those that were and of those that come. */
  async wait(source: string, match: (handling: Handling) => boolean, patienceMs: number): Promise<Handling> {
    const found = this.of(source).find(match)
    if (found !== undefined) return found
    return new Promise((resolve, reject) => {
      const wish: Wish = {
        source,
        match,
        resolve: (handling) => {
          clearTimeout(timer)
          resolve(handling)
        },
      }
      this.wishes.push(wish)
      const timer = setTimeout(() => {
        this.wishes = this.wishes.filter((one) => one !== wish)
        reject(new Error(this.tellMissing(source, patienceMs)))
      }, patienceMs)
    })
  }

  private tellMissing(source: string, patienceMs: number): string {
    const told = this.of(source).map(
      ({ payload, error }) => `${show(payload)}${error === null ? '' : ` (failed: ${error})`}`,
    )
    const rest = told.length === 0 ? 'nothing was' : `handled were ${told.slice(-10).join(', ')}`
    return `no such message of '${source}' was handled within ${patienceMs} ms; ${rest}`
  }

  private note(handling: Handling): void {
    this.seen.push(handling)
    const { source } = handling.context
    const met = this.wishes.filter((wish) => wish.source === source && wish.match(handling))
    this.wishes = this.wishes.filter((wish) => !met.includes(wish))
    for (const { resolve } of met) resolve(handling)
  }
}

function show(payload: unknown): string {
  return payload instanceof Uint8Array ? `${payload.length} bytes` : JSON.stringify(payload)
}
