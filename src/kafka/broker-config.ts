import { ConfigType } from '../broker/config/config-key.ts'
import { TOPIC_CONFIGS } from '../broker/topic/topic-config.ts'
import type { DescribeConfigsResponse } from '../wire/kafka/messages/describe-configs.ts'
import type { Encodable } from '../wire/kafka/schema.ts'
import type { Call } from './api.ts'
import { MAX_REQUEST } from './limits.ts'
import { addressFor } from './metadata.ts'

type Answer = NonNullable<Encodable<typeof DescribeConfigsResponse>['results']>[number]
type Entry = NonNullable<Answer['configs']>[number]

const STATIC = 4
const DEFAULT = 5

/** The broker's settings under Kafka's names: those that mean something here, and the defaults of the topics' settings. */
export function brokerConfigs(call: Call, wanted: ReadonlySet<string> | null): Entry[] {
  const { options, topics } = call.front
  const { host, port } = addressFor(call)
  const { int, long, list, boolean } = ConfigType
  const own: [name: string, value: string, type: number][] = [
    ['advertised.listeners', `PLAINTEXT://${host}:${port}`, list],
    ['auto.create.topics.enable', String(options.autoCreateTopics), boolean],
    ['broker.id', String(options.nodeId), int],
    ['default.replication.factor', '1', int],
    ['delete.topic.enable', 'true', boolean],
    ['listeners', `PLAINTEXT://${host}:${port}`, list],
    ['log.retention.check.interval.ms', String(topics.options.retentionCheckMs), long],
    ['log.retention.hours', '168', int],
    ['node.id', String(options.nodeId), int],
    ['num.partitions', String(topics.options.defaultPartitions), int],
    ['process.roles', 'broker,controller', list],
    ['producer.id.expiration.ms', String(topics.options.producerExpiryMs), int],
    ['socket.request.max.bytes', String(MAX_REQUEST), int],
    ['unclean.leader.election.enable', 'false', boolean],
  ]
  const isWanted = (name: string) => wanted?.has(name) ?? true
  const known = new Set(own.map(([name]) => name))
  const entries = own.filter(([name]) => isWanted(name)).map(([name, value, type]) => entry(name, value, type, STATIC))
  for (const { brokerKey, default: value, type } of Object.values(TOPIC_CONFIGS)) {
    if (brokerKey === null || known.has(brokerKey)) continue
    known.add(brokerKey)
    if (isWanted(brokerKey)) entries.push(entry(brokerKey, value!, type, DEFAULT))
  }
  return entries
}

function entry(name: string, value: string, configType: number, configSource: number): Entry {
  const synonyms = [{ name, value, source: configSource }]
  return { name, value, readOnly: true, configSource, isSensitive: false, synonyms, configType }
}
