import { brokerKeys, checkBrokerConfigs } from '../broker/config/broker-configs.ts'
import { CLIENT_METRICS_CONFIGS, checkClientMetrics } from '../broker/config/client-metrics-configs.ts'
import { type ConfigKey, ConfigType } from '../broker/config/config-key.ts'
import type { ConfigKind } from '../broker/config/config-store.ts'
import { checkGroupConfigs, GROUP_CONFIGS } from '../broker/config/group-configs.ts'
import { configureTopic } from '../broker/topic/configure.ts'
import { checkTopicName } from '../broker/topic/name.ts'
import type { Topic } from '../broker/topic/topic.ts'
import { checkConfigs, TOPIC_CONFIGS } from '../broker/topic/topic-config.ts'
import { ErrorCode } from '../wire/kafka/errors.ts'
import type { Front } from './front.ts'
import { REFUSAL_CODES } from './refusals.ts'

/** What has settings, by its number. */
export const ResourceType = { topic: 2, broker: 4, brokerLogger: 8, clientMetrics: 16, group: 32 } as const

/** An answer about one resource: the code, and a sentence. */
export type Told = readonly [code: number, text: string | null]

const DONE: Told = [0, null]
const noRoom: Told = [ErrorCode.KAFKA_STORAGE_ERROR, 'The disk is full.']

/** A resource whose settings a client wants to change. */
export interface Resource {
  /** The settings it has of its own. */
  readonly own: ReadonlyMap<string, string>
  key(name: string): ConfigKey | undefined
  /** Settings that are named are looked at first: some can't be given at all. */
  precheck(given: ReadonlyMap<string, string>): Told | null
  /** Gives it these settings in place of those it has, or with `onlyCheck` says whether it could be done. */
  set(configs: ReadonlyMap<string, string>, onlyCheck: boolean): Told
}

/** Finds a resource, or says why it can't be changed. */
export function resourceOf(front: Front, type: number, name: string): Resource | Told {
  switch (type) {
    case ResourceType.topic:
      return topicResource(front, name)
    case ResourceType.broker:
      return brokerResource(front, name)
    case ResourceType.clientMetrics:
      if (name === '') return [ErrorCode.INVALID_REQUEST, "Subscription name can't be empty"]
      return stored(front, 'client-metrics', name, listless, (configs) => {
        const wrong = checkClientMetrics(configs)
        return wrong === null
          ? null
          : [wrong.request ? ErrorCode.INVALID_REQUEST : ErrorCode.INVALID_CONFIG, wrong.text]
      })
    case ResourceType.group:
      return stored(
        front,
        'group',
        name,
        (key) => ownKey(GROUP_CONFIGS, key),
        // That there is no such resource is told after what is wrong with the operations.
        (configs) =>
          name === ''
            ? [ErrorCode.INVALID_REQUEST, 'Default group resources are not allowed.']
            : asConfig(checkGroupConfigs(configs)),
      )
    default:
      return [ErrorCode.INVALID_REQUEST, `Unknown resource type ${type}`]
  }
}

/** Kafka's controller does not know that some settings of client metrics are lists: nothing can be appended to them. */
function listless(name: string): ConfigKey | undefined {
  const key = ownKey(CLIENT_METRICS_CONFIGS, name)
  return key === undefined ? undefined : { ...key, type: ConfigType.string }
}

export function ownKey(keys: { readonly [name: string]: ConfigKey }, name: string): ConfigKey | undefined {
  return Object.hasOwn(keys, name) ? keys[name] : undefined
}

function asConfig(wrong: string | null): Told | null {
  return wrong === null ? null : [ErrorCode.INVALID_CONFIG, wrong]
}

function topicResource({ topics }: Front, name: string): Resource {
  const topic: Topic | undefined = topics.byName.get(name)
  return {
    own: topic?.configs ?? new Map(),
    key: (key) => ownKey(TOPIC_CONFIGS, key),
    precheck: () => null,
    set(configs, onlyCheck) {
      // Whether name and settings make sense is told first.
      if (topic === undefined) {
        if (name === '') return [ErrorCode.INVALID_REQUEST, 'Default topic resources are not allowed.']
        const wrong = checkTopicName(name)
        if (wrong !== null) return [ErrorCode.INVALID_TOPIC_EXCEPTION, wrong]
        const unknown: Told = [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `The topic '${name}' does not exist.`]
        return asConfig(checkConfigs(configs)) ?? unknown
      }
      const done = configureTopic(topics, topic, configs, onlyCheck)
      return done.ok ? DONE : [REFUSAL_CODES[done.reason], done.text]
    },
  }
}

function brokerResource(front: Front, name: string): Resource | Told {
  const { nodeId } = front.options
  if (name !== '' && !/^-?\d+$/.test(name)) {
    return [ErrorCode.INVALID_REQUEST, `Node id must be an integer, but it is: ${name}`]
  }
  if (name !== '' && Number(name) !== nodeId) {
    return [ErrorCode.INVALID_REQUEST, `Unexpected broker id, expected ${nodeId}, but received ${name}`]
  }
  const own = name !== ''
  const resource = stored(
    front,
    'broker',
    name,
    (key) => brokerKeys().get(key),
    (configs) => {
      if (front.broker.features.level('eligible.leader.replicas.version') === 0) return null
      if (own && configs.has(MIN_ISR)) return [ErrorCode.INVALID_CONFIG, `Broker-level ${MIN_ISR} ${ELR}`]
      return own || configs.has(MIN_ISR)
        ? null
        : [ErrorCode.INVALID_CONFIG, 'Cluster-level min.insync.replicas cannot be removed while ELR is enabled.']
    },
  )
  return {
    ...resource,
    precheck(given) {
      const wrong = checkBrokerConfigs(given, own)
      return wrong === null ? null : [ErrorCode.INVALID_REQUEST, wrong]
    },
  }
}

const MIN_ISR = 'min.insync.replicas'
const ELR = 'cannot be altered while ELR is enabled.'

function stored(
  { topics }: Front,
  kind: ConfigKind,
  name: string,
  key: Resource['key'],
  check: (configs: ReadonlyMap<string, string>) => Told | null,
): Resource {
  return {
    own: topics.configs.get(kind, name),
    key,
    precheck: () => null,
    set(configs, onlyCheck) {
      const wrong = check(configs)
      if (wrong !== null) return wrong
      return onlyCheck || topics.configs.set(kind, name, configs) ? DONE : noRoom
    },
  }
}
