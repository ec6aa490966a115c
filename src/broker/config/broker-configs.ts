import { BROKER_TABLE } from './broker-table.ts'
import { type ConfigKey, ConfigType, checkOf, invalid } from './config-key.ts'

/** A setting of the broker. Most are told, and mean nothing here: there are no threads, replicas or files of segments to set up. */
export interface BrokerKey extends ConfigKey {
  /** A client may change it. */
  readonly dynamic: boolean
}

/** Settings that differ from broker to broker. */
const PER_BROKER = /^(ssl\.|sasl\.|listeners$|listener\.security\.protocol\.map$|principal\.builder\.class$)/

const LEAST: { readonly [name: string]: bigint } = {
  'message.max.bytes': 0n,
  'log.segment.bytes': 1_048_576n,
  'log.cleaner.min.compaction.lag.ms': 0n,
  'log.cleaner.max.compaction.lag.ms': 1n,
  'log.cleaner.delete.retention.ms': 0n,
  'log.cleaner.backoff.ms': 0n,
  'log.message.timestamp.before.max.ms': 0n,
  'log.message.timestamp.after.max.ms': 0n,
}

let table: ReadonlyMap<string, BrokerKey> | null = null

/** All settings by name, made when somebody first asks. */
export function brokerKeys(): ReadonlyMap<string, BrokerKey> {
  table ??= new Map(BROKER_TABLE.trim().split('\n').map(readRow))
  return table
}

function readRow(row: string): [string, BrokerKey] {
  const [name, typed, value] = row.split(' ') as [string, string, string]
  const dynamic = typed.endsWith('*')
  const type = ConfigType[(dynamic ? typed.slice(0, -1) : typed) as keyof typeof ConfigType]
  const byType = checkOf(type)
  const least = LEAST[name]
  const check = (text: string) => {
    const wrong = byType(text)
    return wrong === null && least !== undefined && BigInt(text.trim()) < least
      ? `Value must be at least ${least}`
      : wrong
  }
  const fallback = value === '-' ? null : value.slice(1)
  return [name, { type, default: fallback, brokerKey: null, told: true, check, about: null, dynamic }]
}

/** What is wrong with settings that a client gives this broker (`own`) or all brokers, or null. Names that nobody knows are kept for plugins. */
export function checkBrokerConfigs(configs: ReadonlyMap<string, string>, own: boolean): string | null {
  const keys = brokerKeys()
  const fixed = [...configs.keys()].filter((name) => keys.get(name)?.dynamic === false)
  if (fixed.length > 0) return `Cannot update these configs dynamically: [${fixed.join(', ')}]`
  const single = [...configs.keys()].filter((name) => PER_BROKER.test(name))
  if (!own && single.length > 0) {
    return `Cannot update these configs at default cluster level, broker id must be specified: [${single.join(', ')}]`
  }
  for (const [name, value] of configs) {
    const wrong = keys.get(name)?.check(value) ?? null
    if (wrong !== null) return invalid(name, value, wrong)
  }
  return null
}
