import { ConfigType } from '../broker/config/config-key.ts'
import { configureTopic } from '../broker/topic/configure.ts'
import { TOPIC_CONFIGS } from '../broker/topic/topic-config.ts'
import { ErrorCode } from '../wire/kafka/errors.ts'
import { AlterConfigsRequest, AlterConfigsResponse } from '../wire/kafka/messages/alter-configs.ts'
import {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '../wire/kafka/messages/incremental-alter-configs.ts'
import type { Decoded } from '../wire/kafka/schema.ts'
import { api, type Call } from './api.ts'
import { ResourceType } from './describe-configs.ts'
import { REFUSAL_CODES } from './refusals.ts'

/*
 * AlterConfigs, 0 to 2, puts new settings in the place of all that a topic has; IncrementalAlterConfigs, 0 to 1, sets, deletes, appends to and
 * subtracts from single ones. The broker's own settings are given at start.
 */

interface Result {
  readonly errorCode: number
  readonly errorMessage: string | null
}
/** Changes a topic's settings; a text says why it can't be done. */
type Change = (configs: Map<string, string>) => string | null

export const alterConfigs = api(
  AlterConfigsRequest,
  AlterConfigsResponse,
  { from: 0, to: 2, writes: true },
  (request, call) => {
    const responses = request.resources.map(({ resourceType, resourceName, configs }) => {
      const replace: Change = (all) => {
        all.clear()
        for (const { name, value } of configs) if (value !== null) all.set(name, value)
        return null
      }
      return { resourceType, resourceName, ...alter(call, resourceType, resourceName, request.validateOnly, replace) }
    })
    call.reply({ responses }, call.front.topics.position)
  },
)

type Asked = Decoded<typeof IncrementalAlterConfigsRequest>['resources'][number]['configs'][number]

export const incrementalAlterConfigs = api(
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
  { from: 0, to: 1, writes: true },
  (request, call) => {
    const responses = request.resources.map(({ resourceType, resourceName, configs }) => {
      const change: Change = (all) => {
        for (const asked of configs) {
          const wrong = changeOne(all, asked)
          if (wrong !== null) return wrong
        }
        return null
      }
      return { resourceType, resourceName, ...alter(call, resourceType, resourceName, request.validateOnly, change) }
    })
    call.reply({ responses }, call.front.topics.position)
  },
)

function alter(call: Call, type: number, name: string, onlyCheck: boolean, change: Change): Result {
  const { topics } = call.front
  if (type !== ResourceType.topic) {
    return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: "Only topics' settings can be altered." }
  }
  const topic = topics.byName.get(name)
  if (topic === undefined) {
    return { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, errorMessage: 'There is no such topic.' }
  }
  const configs = new Map(topic.configs)
  const wrong = change(configs)
  if (wrong !== null) return { errorCode: ErrorCode.INVALID_CONFIG, errorMessage: wrong }
  const done = configureTopic(topics, topic, configs, onlyCheck)
  if (done.ok) return { errorCode: 0, errorMessage: null }
  return { errorCode: REFUSAL_CODES[done.reason], errorMessage: done.text }
}

const Operation = { set: 0, delete: 1, append: 2, subtract: 3 } as const

function changeOne(configs: Map<string, string>, { name, configOperation, value }: Asked): string | null {
  if (configOperation === Operation.delete) {
    configs.delete(name)
    return null
  }
  if (value === null) return `Null value not supported for topic config: ${name}`
  if (configOperation === Operation.set) {
    configs.set(name, value)
    return null
  }
  const key = Object.hasOwn(TOPIC_CONFIGS, name) ? TOPIC_CONFIGS[name]! : null
  if (key?.type !== ConfigType.list) return `Config value append is not allowed for config key: ${name}`
  if (configOperation > Operation.subtract) return `There is no operation ${configOperation}.`
  const now = (configs.get(name) ?? key.default ?? '').split(',').filter((item) => item !== '')
  const given = value.split(',')
  const items =
    configOperation === Operation.append
      ? [...now, ...given.filter((item) => !now.includes(item))]
      : now.filter((item) => !given.includes(item))
  configs.set(name, items.join(','))
  return null
}
