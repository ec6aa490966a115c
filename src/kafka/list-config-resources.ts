import {
  ListConfigResourcesRequest,
  ListConfigResourcesResponse,
} from '../wire/kafka/messages/list-config-resources.ts'
import { api } from './api.ts'
import { ResourceType } from './describe-configs.ts'

/* ListConfigResources, 0 to 1: what has settings, which are the topics and this broker. Version 0 asks for client metrics only, of which there are none. */
export const listConfigResources = api(
  ListConfigResourcesRequest,
  ListConfigResourcesResponse,
  { from: 0, to: 1 },
  (request, call) => {
    const { topics, options } = call.front
    const wanted = (type: number) =>
      call.version > 0 && (request.resourceTypes.length === 0 || request.resourceTypes.includes(type))
    const configResources: { resourceName: string; resourceType: number }[] = []
    if (wanted(ResourceType.topic)) {
      for (const resourceName of topics.byName.keys()) {
        configResources.push({ resourceName, resourceType: ResourceType.topic })
      }
    }
    if (wanted(ResourceType.broker)) {
      configResources.push({ resourceName: String(options.nodeId), resourceType: ResourceType.broker })
    }
    call.reply({ configResources }, topics.position)
  },
)
