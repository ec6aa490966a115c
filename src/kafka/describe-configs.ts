import { CLIENT_METRICS_CONFIGS } from '../broker/config/client-metrics-configs.ts'
import type { ConfigKeys } from '../broker/config/config-key.ts'
import { GROUP_CONFIGS } from '../broker/config/group-configs.ts'
import { checkTopicName } from '../broker/topic/name.ts'
import { isContractConfig, TOPIC_CONFIGS } from '../broker/topic/topic-config.ts'
import type { Topics } from '../broker/topic/topics.ts'
import { ErrorCode } from '../wire/kafka/errors.ts'
import { DescribeConfigsRequest, DescribeConfigsResponse } from '../wire/kafka/messages/describe-configs.ts'
import type { Decoded, Encodable } from '../wire/kafka/schema.ts'
import { api, type Call } from './api.ts'
import { brokerConfigs, ConfigSource, dynamicDefaults } from './broker-config.ts'
import { ResourceType } from './config-resources.ts'

/*
 * DescribeConfigs, 1 to 4: of topics, of this broker and of all brokers, of client metrics and of groups. Synonyms say where a value comes from; from
 * version 3 on a client may ask what a setting is for.
 */

type Asked = Decoded<typeof DescribeConfigsRequest>['resources'][number]
type Answer = NonNullable<Encodable<typeof DescribeConfigsResponse>['results']>[number]
type Entry = NonNullable<Answer['configs']>[number]
type Synonym = NonNullable<Entry['synonyms']>[number]

export const describeConfigs = api(
  DescribeConfigsRequest,
  DescribeConfigsResponse,
  { from: 1, to: 4 },
  (request, call) => {
    const results = request.resources.map((asked): Answer => {
      const { resourceType, resourceName, configurationKeys } = asked
      const answer = describe(asked, call)
      // No names are all names.
      const wanted = configurationKeys === null || configurationKeys.length === 0 ? null : new Set(configurationKeys)
      const configs = (answer.configs ?? [])
        .filter(({ name }) => wanted?.has(name ?? '') ?? true)
        .map((entry) => ({
          ...entry,
          synonyms: request.includeSynonyms ? entry.synonyms : [],
          documentation: request.includeDocumentation ? entry.documentation : null,
        }))
      return { resourceType, resourceName, errorMessage: '', ...answer, configs }
    })
    call.reply({ results })
  },
)

function describe({ resourceType, resourceName: name, configurationKeys }: Asked, call: Call): Answer {
  const { topics, options } = call.front
  switch (resourceType) {
    case ResourceType.topic: {
      const wrong = checkTopicName(name)
      if (wrong !== null) return { errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION, errorMessage: wrong }
      const topic = topics.byName.get(name)
      if (topic === undefined) return { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION }
      return { configs: describeTopic(topics, topic.configs, configurationKeys ?? []) }
    }
    case ResourceType.broker:
      if (name === '') return { configs: dynamicDefaults(call) }
      if (!/^-?\d+$/.test(name)) return refused(`Broker id must be an integer, but it is: ${name}`)
      if (Number(name) === options.nodeId) return { configs: brokerConfigs(call) }
      return refused(`Unexpected broker id, expected ${options.nodeId} or empty string, but received ${name}`)
    case ResourceType.brokerLogger:
      return name === '' ? refused('Broker id must not be empty') : { configs: [] }
    case ResourceType.clientMetrics:
      if (name === '') return refused('Client metrics subscription name must not be empty')
      return {
        configs: describeAll(
          topics,
          CLIENT_METRICS_CONFIGS,
          topics.configs.get('client-metrics', name),
          ConfigSource.clientMetrics,
        ),
      }
    case ResourceType.group:
      if (name === '') return refused('Group name must not be empty')
      return { configs: describeAll(topics, GROUP_CONFIGS, topics.configs.get('group', name), ConfigSource.group) }
    default:
      return refused(
        'This most likely occurs because of a request being malformed by the client library or the message was sent to an incompatible broker. See the broker logs for more details.',
      )
  }
}

function refused(errorMessage: string): Answer {
  return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage }
}

/**
 * All settings of a topic, with their values and where these come from. Those that Kafka has not are told where one of them is set, or
 * is among `asked`.
 */
export function describeTopic(
  topics: Topics,
  configs: ReadonlyMap<string, string>,
  asked: readonly string[] = [],
): Entry[] {
  const all = describeAll(topics, TOPIC_CONFIGS, configs, ConfigSource.topic)
  if ([...configs.keys(), ...asked].some(isContractConfig)) return all
  return all.filter(({ name }) => !isContractConfig(name ?? ''))
}

function describeAll(topics: Topics, keys: ConfigKeys, own: ReadonlyMap<string, string>, source: number): Entry[] {
  return Object.entries(keys).map(([name, key]) => {
    const synonyms: Synonym[] = []
    const value = own.get(name)
    if (value !== undefined) synonyms.push({ name, value, source })
    if (key.brokerKey !== null) {
      const { nodeId } = topics.options
      for (const [broker, from] of [
        [String(nodeId), ConfigSource.dynamicBroker],
        ['', ConfigSource.dynamicDefault],
      ] as const) {
        const given = topics.configs.get('broker', broker).get(key.brokerKey)
        if (given !== undefined) synonyms.push({ name: key.brokerKey, value: given, source: from })
      }
      if (key.told) synonyms.push({ name: key.brokerKey, value: key.default, source: ConfigSource.default })
    }
    const first = synonyms[0]
    return {
      name,
      value: first?.value ?? key.default,
      readOnly: false,
      configSource: first?.source ?? ConfigSource.default,
      isSensitive: false,
      synonyms,
      configType: key.type,
      documentation: key.about,
    }
  })
}
