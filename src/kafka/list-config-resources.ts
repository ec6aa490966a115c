import { ErrorCode } from '../wire/kafka/errors.ts'
import {
  ListConfigResourcesRequest,
  ListConfigResourcesResponse,
} from '../wire/kafka/messages/list-config-resources.ts'
import { api } from './api.ts'
import { ResourceType } from './config-resources.ts'

/* ListConfigResources, 0 to 1: what has settings. Version 0 asks for client metrics only; no types are all types. */

const { topic, broker, brokerLogger, clientMetrics, group } = ResourceType
const ALL: readonly number[] = [group, clientMetrics, brokerLogger, broker, topic]

export const listConfigResources = api(
  ListConfigResourcesRequest,
  ListConfigResourcesResponse,
  { from: 0, to: 1 },
  (request, call) => {
    const { topics, options } = call.front
    const asked = new Set(call.version === 0 ? [clientMetrics] : request.resourceTypes)
    if ([...asked].some((type) => !ALL.includes(type))) {
      call.reply({ errorCode: ErrorCode.UNSUPPORTED_VERSION }, 0)
      return
    }
    const namesOf = (type: number): Iterable<string> => {
      if (type === topic) return topics.byName.keys()
      if (type === group) return topics.configs.names('group')
      return type === clientMetrics ? topics.configs.names('client-metrics') : [String(options.nodeId)]
    }
    const configResources = ALL.filter((type) => asked.size === 0 || asked.has(type)).flatMap((resourceType) =>
      [...namesOf(resourceType)].map((resourceName) => ({ resourceName, resourceType })),
    )
    call.reply({ configResources })
  },
)
