import { ConfigType, listItems } from '../broker/config/config-key.ts'
import { hashed } from '../std/java-hash.ts'
import { ErrorCode } from '../wire/kafka/errors.ts'
import { AlterConfigsRequest, AlterConfigsResponse } from '../wire/kafka/messages/alter-configs.ts'
import {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '../wire/kafka/messages/incremental-alter-configs.ts'
import { api, type Call } from './api.ts'
import { type Resource, ResourceType, resourceOf, type Told } from './config-resources.ts'

/*
 * AlterConfigs, 0 to 2, puts new settings in the place of all that a resource has; IncrementalAlterConfigs, 0 to 1, sets, deletes, appends to and
 * subtracts from single ones.
 */

const Operation = { set: 0, delete: 1, append: 2, subtract: 3 } as const

interface Asked {
  readonly name: string
  readonly configOperation: number
  readonly value: string | null
}

interface AskedResource {
  readonly resourceType: number
  readonly resourceName: string
  readonly configs: readonly Asked[]
}

/** Changes a resource's settings as they were. */
type Change = (configs: Map<string, string>, resource: Resource, asked: Asked) => Told | null

export const alterConfigs = api(
  AlterConfigsRequest,
  AlterConfigsResponse,
  { from: 0, to: 2, writes: true },
  (request, call) => {
    const resources = request.resources.map((resource) => ({
      ...resource,
      configs: resource.configs.map((config) => ({ ...config, configOperation: Operation.set })),
    }))
    call.reply({ responses: alterAll(call, resources, request.validateOnly, true) })
  },
)

export const incrementalAlterConfigs = api(
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
  { from: 0, to: 1, writes: true },
  (request, call) => {
    call.reply({ responses: alterAll(call, request.resources, request.validateOnly, false) })
  },
)

function alterAll(call: Call, resources: readonly AskedResource[], onlyCheck: boolean, replaces: boolean) {
  const twice = (one: AskedResource) =>
    resources.filter((other) => other.resourceType === one.resourceType && other.resourceName === one.resourceName)
      .length > 1
  return resources.map((resource) => {
    const { resourceType, resourceName } = resource
    const [errorCode, errorMessage] = twice(resource)
      ? ([ErrorCode.INVALID_REQUEST, 'Each resource must appear at most once.'] as const)
      : alter(call, resource, onlyCheck, replaces)
    return { errorCode, errorMessage, resourceType, resourceName }
  })
}

const DUPLICATE: Told = [ErrorCode.INVALID_REQUEST, 'Error due to duplicate config keys']

function alter(call: Call, asked: AskedResource, onlyCheck: boolean, replaces: boolean): Told {
  const { resourceType, resourceName, configs } = asked
  const isDuplicate = new Set(configs.map(({ name }) => name)).size < configs.length
  if (isDuplicate) return DUPLICATE
  const empty = configs.filter(({ configOperation, value }) => configOperation !== Operation.delete && value === null)
  if (empty.length > 0) {
    const names = empty.map(({ name }) => name).join(', ')
    return [ErrorCode.INVALID_REQUEST, `Null value not supported for : ${names}`]
  }
  if (resourceType === ResourceType.brokerLogger && !replaces) return alterLogger(configs)
  const resource = resourceOf(call.front, resourceType, resourceName)
  if (!('own' in resource)) return resource
  const given = new Map(
    configs
      .filter(({ configOperation }) => configOperation !== Operation.delete)
      .map(({ name, value }) => [name, value!]),
  )
  const refused = resource.precheck(given)
  if (refused !== null) return refused
  const after = new Map(replaces ? [] : resource.own)
  for (const one of hashed(configs, ({ name }) => name)) {
    const wrong = changeOne(after, resource, one)
    if (wrong !== null) return wrong
  }
  if (isSame(after, resource.own)) return resource.set(after, true)
  return resource.set(after, onlyCheck)
}

/** There are no loggers with levels of their own. */
function alterLogger(configs: readonly Asked[]): Told {
  const first = configs[0]
  return first === undefined ? [0, null] : [ErrorCode.INVALID_CONFIG, `Logger ${first.name} does not exist!`]
}

const changeOne: Change = (configs, resource, { name, configOperation, value }) => {
  if (configOperation < Operation.set || configOperation > Operation.subtract)
    return [ErrorCode.UNKNOWN_SERVER_ERROR, null]
  if (configOperation === Operation.delete) {
    configs.delete(name)
    return null
  }
  if (configOperation === Operation.set) {
    configs.set(name, value!)
    return null
  }
  const key = resource.key(name)
  const word = configOperation === Operation.append ? 'APPEND' : 'SUBTRACT'
  if (key?.type !== ConfigType.list) {
    return [ErrorCode.INVALID_CONFIG, `Can't ${word} to key ${name} because its type is not LIST.`]
  }
  const now = listItems(configs.get(name) ?? key.default ?? '')
  // Nothing is one item, of no length.
  const given = value!.trim() === '' ? [''] : listItems(value!)
  const items =
    configOperation === Operation.append
      ? [...now, ...given.filter((item) => !now.includes(item))]
      : now.filter((item) => !given.includes(item))
  configs.set(name, items.join(','))
  return null
}

function isSame(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([name, value]) => b.get(name) === value)
}
