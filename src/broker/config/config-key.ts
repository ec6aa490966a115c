import { hashed } from '../../std/java-hash.ts'
/** Kafka's types of configuration values, by their numbers in DescribeConfigs. */
export const ConfigType = {
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
  class: 8,
  password: 9,
} as const

/** One setting, whatever it is a setting of. */
export interface ConfigKey {
  readonly type: number
  /** Null where nothing stands for it. */
  readonly default: string | null
  /** The broker's setting that stands in for it; null where there is none. */
  readonly brokerKey: string | null
  /** Whether the broker's setting has a value of its own to be told. */
  readonly told: boolean
  /** What is wrong with a value, as Kafka says it, or null. */
  readonly check: (value: string) => string | null
  /** Set for a list whose items must have something in them. */
  readonly isFilled?: true
  /** What it is for, in a sentence. */
  readonly about: string | null
}

export type ConfigKeys = { readonly [name: string]: ConfigKey }
export type Check = ConfigKey['check']

export const MAX_LONG = '9223372036854775807'

const RANGES: { readonly [type: number]: readonly [name: string, lowest: bigint, highest: bigint] } = {
  [ConfigType.int]: ['INT', -(2n ** 31n), 2n ** 31n - 1n],
  [ConfigType.short]: ['SHORT', -(2n ** 15n), 2n ** 15n - 1n],
  [ConfigType.long]: ['LONG', -(2n ** 63n), 2n ** 63n - 1n],
}

const anything: Check = () => null

/** A whole number of a type, and not below `least` or above `most`; compared exactly. */
export function whole(type: number, least: string | null, most: string | null = null): Check {
  const [name, lowest, highest] = RANGES[type]!
  return (value) => {
    const text = value.trim()
    if (!/^[+-]?\d{1,19}$/.test(text)) return `Not a number of type ${name}`
    const number = BigInt(text)
    if (number < lowest || number > highest) return `Not a number of type ${name}`
    if (least !== null && number < BigInt(least)) return `Value must be at least ${least}`
    return most !== null && number > BigInt(most) ? `Value must be no more than ${most}` : null
  }
}

export function oneOf(values: readonly string[]): Check {
  return (value) => (values.includes(value) ? null : `String must be one of: ${values.join(', ')}`)
}

/** A list of these. */
export function listOf(values: readonly string[]): Check {
  return (value) =>
    listItems(value).every((item) => values.includes(item)) ? null : `String must be one of: ${values.join(', ')}`
}

export const flag: Check = (value) =>
  ['true', 'false'].includes(value.trim().toLowerCase()) ? null : 'Expected value to be either true or false'

export function double(least: number, most: number): Check {
  return (value) => {
    const number = Number(value)
    if (value.trim() === '' || Number.isNaN(number)) return 'Not a number of type DOUBLE'
    if (number < least) return `Value must be at least ${least}`
    return number > most ? `Value must be no more than ${most}` : null
  }
}

/** The check that goes with a type when a setting has none of its own. */
export function checkOf(type: number): Check {
  if (type in RANGES) return whole(type, null)
  if (type === ConfigType.boolean) return flag
  return type === ConfigType.double ? double(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY) : anything
}

export function listItems(value: string): string[] {
  const items = value.split(',').map((item) => item.trim())
  return items.length === 1 && items[0] === '' ? [] : items
}

/**
 * What is wrong with settings, in Kafka's words, or null: of several things the one that Kafka comes across first. Values it checks in the order of its own list, names in that
 * of a hash table, which `held` entries have to fit in.
 */
export function checkAll(
  keys: ConfigKeys,
  configs: ReadonlyMap<string, string>,
  what: string,
  held: number,
): string | null {
  const unknown = [...configs.keys()].filter((name) => !Object.hasOwn(keys, name))
  if (unknown.length > 0) return `Unknown ${what} config name: ${shown(hashed(unknown, (name) => name, held)[0]!)}`
  for (const [name, key] of Object.entries(keys)) {
    const value = configs.get(name)
    if (key.isFilled && value !== undefined && listItems(value).includes('')) {
      return `Configuration '${name}' values must not be empty.`
    }
    const wrong = value === undefined ? null : key.check(value)
    if (wrong !== null) return invalid(name, shownAs(key, value!), wrong)
  }
  return null
}

export function invalid(name: string, value: string, wrong: string): string {
  return `Invalid value ${shown(value)} for configuration ${name}: ${wrong}`
}

/** A value as Kafka shows it: of a list the item that is wrong, or all of it in brackets, ratios as numbers. */
function shownAs(key: ConfigKey, value: string): string {
  if (key.type === ConfigType.list && key.check(value)?.includes('literal')) return `[${listItems(value).join(', ')}]`
  const item = key.type === ConfigType.list ? listItems(value).find((one) => key.check(one) !== null) : undefined
  if (item !== undefined) return item
  if (key.type !== ConfigType.double || !/^\s*-?\d+\s*$/.test(value)) return value.trim()
  return `${Number(value)}.0`
}

/** A client's text in a message to it. */
function shown(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}
