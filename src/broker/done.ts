/** Why an operator's command was not done. The text is for a person, and says what to do where it is not plain. */
export interface Refused {
  readonly ok: false
  readonly reason: 'not-found' | 'exists' | 'invalid' | 'in-use'
  readonly text: string
}

/** What an operator's command returns. */
export type Done<T = object> = ({ readonly ok: true } & T) | Refused

export function refused(reason: Refused['reason'], text: string): Refused {
  return { ok: false, reason, text }
}

export const DONE = { ok: true } as const
