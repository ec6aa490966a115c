import { AlterConfigsRequest, AlterConfigsResponse } from '../../../../src/wire/kafka/messages/alter-configs.ts'
import {
  DescribeConfigsRequest,
  DescribeConfigsResponse,
} from '../../../../src/wire/kafka/messages/describe-configs.ts'
import {
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponse,
} from '../../../../src/wire/kafka/messages/describe-topic-partitions.ts'
import {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '../../../../src/wire/kafka/messages/incremental-alter-configs.ts'
import { chance, command, type Maker, type Scene, someTopic } from '../command.ts'

const ALTER = { request: AlterConfigsRequest, response: AlterConfigsResponse, versions: [0, 2] } as const
const CHANGE = {
  request: IncrementalAlterConfigsRequest,
  response: IncrementalAlterConfigsResponse,
  versions: [0, 1],
} as const
const DESCRIBE = { request: DescribeConfigsRequest, response: DescribeConfigsResponse, versions: [1, 4] } as const
const PARTITIONS = {
  request: DescribeTopicPartitionsRequest,
  response: DescribeTopicPartitionsResponse,
  versions: [0, 0],
} as const

const TOPIC = 2
const GROUP = 32

const NAMES = {
  [TOPIC]: ['retention.ms', 'cleanup.policy', 'max.message.bytes', 'compression.type', 'min.cleanable.dirty.ratio'],
  // Not those that an operator sets for all groups in the real one's configuration file.
  [GROUP]: ['consumer.session.timeout.ms', 'share.isolation.level'],
} as const
const UNKNOWN = ['no.such.config', 'retention', 'a.b.c', 'zzz']
const VALUES = ['60000', '45000', '5000', 'compact', 'delete', 'zstd', '0.5', 'read_committed', '-1', '', 'soon', null]

/** A topic, or a group, which needs not be there to be configured. */
function resourceOf(scene: Scene): { resourceType: typeof TOPIC | typeof GROUP; resourceName: string } {
  if (scene.dice.chance(0.3)) return { resourceType: GROUP, resourceName: chance(scene) ? '' : `${scene.prefix}-g` }
  return { resourceType: TOPIC, resourceName: chance(scene) ? 'a b' : someTopic(scene) }
}

const alter: Maker = {
  weight: 2,
  make(scene) {
    const resource = resourceOf(scene)
    const configs = entriesOf(scene, resource.resourceType)
    const validateOnly = scene.dice.chance(0.2)
    return command(scene, ALTER, {
      about: `${resource.resourceName} ${JSON.stringify(configs)}${validateOnly ? ' validateOnly' : ''}`,
      make: () => ({ resources: [{ ...resource, configs }], validateOnly }),
    })
  },
}

const change: Maker = {
  weight: 5,
  make(scene) {
    const { dice } = scene
    const resource = resourceOf(scene)
    const configs = entriesOf(scene, resource.resourceType).map((entry) => ({
      ...entry,
      configOperation: chance(scene) ? 9 : dice.below(4),
    }))
    const validateOnly = dice.chance(0.2)
    return command(scene, CHANGE, {
      about: `${resource.resourceName} ${JSON.stringify(configs)}${validateOnly ? ' validateOnly' : ''}`,
      make: () => ({ resources: [{ ...resource, configs }], validateOnly }),
    })
  },
}

function entriesOf(scene: Scene, resourceType: typeof TOPIC | typeof GROUP) {
  const { dice } = scene
  return Array.from({ length: dice.pick([1, 1, 2, 3]) }, () => {
    const name = chance(scene) ? dice.pick(UNKNOWN) : dice.pick(NAMES[resourceType] as readonly string[])
    return { name, value: dice.pick(VALUES) }
  })
}

const describe: Maker = {
  weight: 4,
  make(scene) {
    const resource = resourceOf(scene)
    const includeSynonyms = scene.dice.chance(0.5)
    const all = resource.resourceType === TOPIC && scene.dice.chance(0.5)
    const configurationKeys = all ? null : [...NAMES[resource.resourceType]]
    return command(scene, DESCRIBE, {
      about: `${resource.resourceName}${includeSynonyms ? ' with synonyms' : ''}`,
      asksAgain: true,
      make: () => ({ resources: [{ ...resource, configurationKeys }], includeSynonyms }),
    })
  },
}

const partitions: Maker = {
  weight: 2,
  make(scene) {
    const { dice } = scene
    const names = [...new Set([someTopic(scene), someTopic(scene)])]
    const responsePartitionLimit = dice.pick([1, 2, 100])
    const from = dice.chance(0.3) ? { topicName: dice.pick(names), partitionIndex: dice.below(3) } : null
    return command(scene, PARTITIONS, {
      about: `${names.join('+')} limit=${responsePartitionLimit}${from === null ? '' : ` from ${from.topicName}/${from.partitionIndex}`}`,
      asksAgain: true,
      make: () => ({ topics: names.map((name) => ({ name })), responsePartitionLimit, cursor: from }),
    })
  },
}

export const CONFIG_MAKERS: readonly Maker[] = [alter, change, describe, partitions]
