import { ConfigError } from './config-error.ts'
import type { Setting } from './setting.ts'

const BYTES = { '': 1, B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, kB: 1e3, MB: 1e6, GB: 1e9 } as const
const DURATIONS = { '': 1, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Reads one setting's value, as a file, the environment or a flag gives it. `origin` says which, for the error. */
export function readValue(setting: Setting, given: unknown, origin: string): string | number | boolean {
  const wrong = (wanted: string) =>
    new ConfigError(`${origin}: '${setting.key}' must be ${wanted}, but is ${JSON.stringify(given)}`)
  switch (setting.type) {
    case 'string':
      if (typeof given !== 'string' || given === '') throw wrong('a text that is not empty')
      return given
    case 'boolean':
      if (given === true || given === 'true' || given === '1') return true
      if (given === false || given === 'false' || given === '0') return false
      throw wrong('true or false')
    case 'choice':
      if (typeof given !== 'string' || !setting.values?.includes(given))
        throw wrong(`one of ${setting.values?.join(', ')}`)
      return given
    case 'integer':
      return inRange(setting, scaled(given, { '': 1 }), wrong, 'a whole number')
    case 'bytes':
      return inRange(setting, scaled(given, BYTES), wrong, 'a size such as 65536, 64KiB or 1GiB')
    case 'duration':
      return inRange(setting, scaled(given, DURATIONS), wrong, 'a duration such as 500ms, 30s or 7d')
  }
}

/** Whole units out of "64MiB" or 65536; NaN if it is neither. */
function scaled(given: unknown, units: Readonly<Record<string, number>>): number {
  if (typeof given === 'number') return given
  const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(String(given))
  if (match === null || !Object.hasOwn(units, match[2])) return Number.NaN
  return Number(match[1]) * units[match[2]]
}

function inRange(setting: Setting, value: number, wrong: (wanted: string) => ConfigError, kind: string): number {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = setting
  if (!Number.isSafeInteger(value)) throw wrong(kind)
  if (value < min || value > max)
    throw wrong(max === Number.MAX_SAFE_INTEGER ? `at least ${min}` : `between ${min} and ${max}`)
  return value
}
