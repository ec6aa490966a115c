const UNITS: Readonly<Record<string, number>> = {
  Y: 365 * 86_400_000,
  M: 30 * 86_400_000,
  D: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
}

/** The milliseconds of an age as RabbitMQ writes it, `7D`; null if it is none. */
export function parseAge(text: string): number | null {
  const [, number, unit] = /^(\d+)([YMDhms])$/.exec(text) ?? []
  return number === undefined ? null : Number(number) * UNITS[unit!]!
}
