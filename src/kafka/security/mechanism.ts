/** What comes of a client's message. */
export type Outcome =
  /** Answered by `token`; somebody is logged in, or the client has to go on. */
  | {
      readonly ok: true
      readonly token: Uint8Array
      readonly user: string | null
      /** Until when the login is good, as `Clock.now` counts; absent if its means tell no such thing. */
      readonly expiresAt?: number
    }
  /** Refused; null: the client is told no more than that. */
  | { readonly ok: false; readonly text: string | null }

/** One attempt to log in by one mechanism. */
export interface Mechanism {
  /** Takes the client's next message. `done` is called once, at once or later. */
  next(token: Uint8Array, done: (outcome: Outcome) => void): void
}

export const NO_TOKEN = new Uint8Array(0)

export function refuse(text: string | null): Outcome {
  return { ok: false, text }
}
