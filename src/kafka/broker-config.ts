import { aboutBrokerKey } from '../broker/config/broker-about.ts'
import { brokerKeys } from '../broker/config/broker-configs.ts'
import { ConfigType } from '../broker/config/config-key.ts'
import type { DescribeConfigsResponse } from '../wire/kafka/messages/describe-configs.ts'
import type { Encodable } from '../wire/kafka/schema.ts'
import type { Call } from './api.ts'
import { MAX_REQUEST } from './limits.ts'
import { addressFor } from './metadata.ts'

type Answer = NonNullable<Encodable<typeof DescribeConfigsResponse>['results']>[number]
type Entry = NonNullable<Answer['configs']>[number]
type Synonym = NonNullable<Entry['synonyms']>[number]

/** Where a value comes from. */
export const ConfigSource = {
  topic: 1,
  dynamicBroker: 2,
  dynamicDefault: 3,
  static: 4,
  default: 5,
  clientMetrics: 7,
  group: 8,
} as const

/** The broker's settings: Kafka's, with what this one was started with. */
export function brokerConfigs(call: Call): Entry[] {
  const { topics, options } = call.front
  const started = startedWith(call)
  const own = topics.configs.get('broker', String(options.nodeId))
  const all = topics.configs.get('broker', '')
  const entries: Entry[] = []
  for (const [name, key] of brokerKeys()) {
    const synonyms: Synonym[] = []
    for (const [values, source] of [
      [own, ConfigSource.dynamicBroker],
      [all, ConfigSource.dynamicDefault],
      [started, ConfigSource.static],
    ] as const) {
      const value = values.get(name)
      if (value !== undefined) synonyms.push({ name, value, source })
    }
    if (key.default !== null) synonyms.push({ name, value: key.default, source: ConfigSource.default })
    entries.push(entry(name, synonyms, key.type, !key.dynamic))
  }
  for (const [name, value] of own) {
    if (!brokerKeys().has(name)) entries.push(unknown(name, value, ConfigSource.dynamicBroker))
  }
  return entries
}

/** What clients gave all brokers. */
export function dynamicDefaults(call: Call): Entry[] {
  const source = ConfigSource.dynamicDefault
  return [...call.front.topics.configs.get('broker', '')].map(([name, value]) => {
    const key = brokerKeys().get(name)
    if (key === undefined) return unknown(name, value, source)
    return entry(name, [{ name, value, source }], key.type, !key.dynamic)
  })
}

/** A setting that nobody knows may be a secret. */
function unknown(name: string, value: string, source: number): Entry {
  return { ...entry(name, [{ name, value, source }], 0, false), value: null, isSensitive: true, synonyms: [] }
}

function entry(name: string, synonyms: Synonym[], configType: number, readOnly: boolean): Entry {
  const first = synonyms[0]
  const isSensitive = configType === ConfigType.password
  return {
    name,
    value: isSensitive ? null : (first?.value ?? null),
    readOnly,
    configSource: first?.source ?? ConfigSource.default,
    isSensitive,
    synonyms: isSensitive ? synonyms.map((synonym) => ({ ...synonym, value: null })) : synonyms,
    configType,
    documentation: aboutBrokerKey(name),
  }
}

function startedWith(call: Call): ReadonlyMap<string, string> {
  const { options, topics, transactions } = call.front
  const { host, port } = addressFor(call)
  const listener = `PLAINTEXT://${host}:${port}`
  return new Map([
    ['advertised.listeners', listener],
    ['auto.create.topics.enable', String(options.autoCreateTopics)],
    ['broker.id', String(options.nodeId)],
    ['listeners', listener],
    ['node.id', String(options.nodeId)],
    ['num.partitions', String(topics.options.defaultPartitions)],
    ['offsets.topic.replication.factor', '1'],
    ['process.roles', 'broker,controller'],
    ['share.coordinator.state.topic.min.isr', '1'],
    ['share.coordinator.state.topic.replication.factor', '1'],
    ['socket.request.max.bytes', String(MAX_REQUEST)],
    ...changed('transaction.max.timeout.ms', transactions.options.maxTimeoutMs),
    ['transaction.state.log.min.isr', '1'],
    ['transaction.state.log.replication.factor', '1'],
    ...changed('transactional.id.expiration.ms', transactions.options.expirationMs),
  ])
}

/** A setting that was not left as it is in Kafka. */
function changed(name: string, value: number): [string, string][] {
  return String(value) === brokerKeys().get(name)?.default ? [] : [[name, String(value)]]
}
