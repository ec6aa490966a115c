import { checkTopicName } from '../broker/topic/name.ts'
import { TOPIC_CONFIGS } from '../broker/topic/topic-config.ts'
import { ErrorCode } from '../wire/kafka/errors.ts'
import { DescribeConfigsRequest, DescribeConfigsResponse } from '../wire/kafka/messages/describe-configs.ts'
import type { Decoded, Encodable } from '../wire/kafka/schema.ts'
import { api, type Call } from './api.ts'
import { brokerConfigs } from './broker-config.ts'

/*
 * DescribeConfigs, 1 to 4, of topics and of this broker. Synonyms say where a value comes from; there is no documentation of the settings (version 3
 * on) to tell.
 */

export const ResourceType = { topic: 2, broker: 4 } as const
/** Where a value comes from. */
export const ConfigSource = { topic: 1, static: 4, default: 5 } as const

type Asked = Decoded<typeof DescribeConfigsRequest>['resources'][number]
type Answer = NonNullable<Encodable<typeof DescribeConfigsResponse>['results']>[number]
type Entry = NonNullable<Answer['configs']>[number]

export const describeConfigs = api(
  DescribeConfigsRequest,
  DescribeConfigsResponse,
  { from: 1, to: 4 },
  (request, call) => {
    const results = request.resources.map((asked): Answer => {
      const { resourceType, resourceName } = asked
      const answer = describe(asked, call)
      const configs = answer.configs?.map((entry) => (request.includeSynonyms ? entry : { ...entry, synonyms: [] }))
      return { resourceType, resourceName, ...answer, configs }
    })
    call.reply({ results }, call.front.topics.position)
  },
)

function describe(asked: Asked, call: Call): Answer {
  const { topics, options } = call.front
  const { resourceName, configurationKeys } = asked
  const wanted = configurationKeys === null ? null : new Set(configurationKeys)
  if (asked.resourceType === ResourceType.topic) {
    const wrong = checkTopicName(resourceName)
    if (wrong !== null) return { errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION, errorMessage: wrong }
    const topic = topics.byName.get(resourceName)
    if (topic === undefined) {
      return { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, errorMessage: 'There is no such topic.' }
    }
    return { configs: describeTopic(topic.configs, wanted) }
  }
  if (asked.resourceType !== ResourceType.broker) {
    return {
      errorCode: ErrorCode.INVALID_REQUEST,
      errorMessage: `There are no resources of type ${asked.resourceType}.`,
    }
  }
  if (resourceName !== '' && resourceName !== String(options.nodeId)) {
    const errorMessage = `Unexpected broker id, expected ${options.nodeId} or empty string, but received ${resourceName}`
    return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage }
  }
  // An empty name asks for what is set for all brokers dynamically, which is nothing.
  if (resourceName === '') return { configs: [] }
  return { configs: brokerConfigs(call, wanted) }
}

/** All settings of a topic, or those that are wanted, with their values and where these come from. */
export function describeTopic(configs: ReadonlyMap<string, string>, wanted: ReadonlySet<string> | null): Entry[] {
  return Object.entries(TOPIC_CONFIGS)
    .filter(([name]) => wanted?.has(name) ?? true)
    .map(([name, key]) => {
      const own = configs.get(name)
      const fallback = { name: key.brokerKey ?? name, value: key.default, source: ConfigSource.default }
      const synonyms = key.brokerKey === null ? [] : [fallback]
      return {
        name,
        value: own ?? key.default,
        readOnly: false,
        configSource: own === undefined ? ConfigSource.default : ConfigSource.topic,
        isSensitive: false,
        synonyms: own === undefined ? synonyms : [{ name, value: own, source: ConfigSource.topic }, ...synonyms],
        configType: key.type,
      }
    })
}
