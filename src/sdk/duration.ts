import { PosthornError } from './posthorn-error.ts'

/** Milliseconds as a number, or a text like `'250ms'`, `'5s'`, `'10m'`, `'2h'`, `'7d'`. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Whole milliseconds. `what` is named where it is no duration. */
export function durationMs(duration: Duration, what: string): number {
  if (typeof duration === 'number' && duration >= 0 && Number.isFinite(duration)) return Math.round(duration)
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(String(duration)) ?? []
  if (amount !== undefined && unit !== undefined) return Math.round(Number(amount) * UNITS[unit]!)
  throw new PosthornError(
    'INVALID_OPTION',
    `${what} is ${JSON.stringify(duration)}, which is no duration: give milliseconds, or a text like '250ms', '5s', '10m', '2h' or '7d'`,
  )
}

/** An instant: milliseconds since 1970, an ISO 8601 text, or a Date. */
export type Instant = number | string | Date

export function instantMs(instant: Instant, what: string): number {
  const ms = instant instanceof Date ? instant.getTime() : typeof instant === 'string' ? Date.parse(instant) : instant
  if (Number.isFinite(ms)) return ms
  throw new PosthornError(
    'INVALID_OPTION',
    `${what} is ${JSON.stringify(instant)}, which is no instant: give an ISO 8601 text or a Date`,
  )
}
