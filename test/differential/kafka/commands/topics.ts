import {
  CreatePartitionsRequest,
  CreatePartitionsResponse,
} from '../../../../src/wire/kafka/messages/create-partitions.ts'
import { CreateTopicsRequest, CreateTopicsResponse } from '../../../../src/wire/kafka/messages/create-topics.ts'
import { DeleteTopicsRequest, DeleteTopicsResponse } from '../../../../src/wire/kafka/messages/delete-topics.ts'
import { MetadataRequest, MetadataResponse } from '../../../../src/wire/kafka/messages/metadata.ts'
import { ZERO_UUID } from '../../../../src/wire/kafka/schema.ts'
import { type Command, chance, command, type Maker, type Scene, someTopic } from '../command.ts'
import type { Side } from '../side.ts'

const CREATE = { request: CreateTopicsRequest, response: CreateTopicsResponse, versions: [2, 7] } as const
const DELETE = { request: DeleteTopicsRequest, response: DeleteTopicsResponse, versions: [1, 6] } as const
const GROW = { request: CreatePartitionsRequest, response: CreatePartitionsResponse, versions: [0, 3] } as const
const METADATA = { request: MetadataRequest, response: MetadataResponse, versions: [0, 13] } as const

/** A topic of one partition, which every sequence about it begins with. */
export function created(scene: Scene, name: string): Command {
  scene.topics.set(name, 1)
  return command(scene, CREATE, {
    about: name,
    version: 7,
    isNeeded: true,
    make: () => ({ topics: [{ name, numPartitions: 1, replicationFactor: 1 }], timeoutMs: 5000 }),
    learn(side, { topics }) {
      for (const topic of topics) if (topic.errorCode === 0) learnTopic(side, topic.name, topic.topicId)
    },
  })
}

const WRONG = ['', '.', 'a b', `${'x'.repeat(250)}`] as const

const create: Maker = {
  weight: 5,
  make(scene) {
    const { dice, prefix, topics } = scene
    const name = chance(scene) ? dice.pick(WRONG) : `${prefix}-t${dice.below(3)}`
    const numPartitions = chance(scene) ? dice.pick([0, -2]) : dice.pick([1, 2, 3])
    const replicationFactor = chance(scene) ? dice.pick([0, 2, -2]) : dice.pick([1, -1])
    const configs = dice.chance(0.3) ? [pickConfig(chance(scene), dice.below(4))] : []
    const validateOnly = dice.chance(0.1)
    const fine = numPartitions > 0 && replicationFactor !== 0 && replicationFactor !== 2 && replicationFactor !== -2
    if (fine && !validateOnly && name.startsWith(prefix) && !topics.has(name)) topics.set(name, numPartitions)
    return command(scene, CREATE, {
      // The older ones do not tell the id, which much of what follows refers to.
      version: dice.chance(0.3) ? dice.between(2, 6) : 7,
      about: `${name} partitions=${numPartitions} replication=${replicationFactor} ${JSON.stringify(configs)}${validateOnly ? ' validateOnly' : ''}`,
      make: () => ({
        topics: [{ name, numPartitions, replicationFactor, assignments: [], configs }],
        timeoutMs: 5000,
        validateOnly,
      }),
      learn(side, { topics }) {
        for (const topic of topics) {
          if (topic.errorCode === 0) learnTopic(side, topic.name, topic.topicId)
        }
      },
    })
  },
}

function learnTopic(side: Side, name: string, id: string): void {
  if (id === ZERO_UUID) return
  side.topicIds.set(name, id)
  side.call(id, `<${name}>`)
}

const CONFIGS = [
  { name: 'retention.ms', value: '60000' },
  { name: 'cleanup.policy', value: 'delete' },
  { name: 'max.message.bytes', value: '2000' },
  { name: 'message.timestamp.type', value: 'LogAppendTime' },
]
const WRONG_CONFIGS = [
  { name: 'retention.ms', value: 'soon' },
  { name: 'cleanup.policy', value: 'burn' },
  { name: 'no.such.config', value: '1' },
  { name: 'max.message.bytes', value: '-1' },
]

function pickConfig(wrong: boolean, n: number) {
  return (wrong ? WRONG_CONFIGS : CONFIGS)[n]!
}

const remove: Maker = {
  weight: 1,
  make(scene) {
    const name = someTopic(scene)
    scene.topics.delete(name)
    return command(scene, DELETE, {
      about: name,
      make: (side, version) =>
        version >= 6
          ? { topics: [{ name: null, topicId: side.topicId(name) }], timeoutMs: 5000 }
          : { topicNames: [name], timeoutMs: 5000 },
    })
  },
}

const grow: Maker = {
  weight: 1,
  make(scene) {
    const { dice, topics } = scene
    const name = someTopic(scene)
    const before = topics.get(name) ?? 1
    const count = chance(scene) ? dice.pick([before, 0, -1]) : before + 1
    if (topics.has(name) && count > before) topics.set(name, count)
    return command(scene, GROW, {
      about: `${name} count=${count}`,
      make: () => ({ topics: [{ name, count, assignments: null }], timeoutMs: 5000, validateOnly: false }),
    })
  },
}

const metadata: Maker = {
  weight: 3,
  make(scene) {
    const name = someTopic(scene)
    const version = scene.dice.between(0, 13)
    const byId = version >= 12 && scene.dice.chance(0.5)
    return command(scene, METADATA, {
      about: `${name}${byId ? ' by id' : ''}`,
      version,
      asksAgain: true,
      make: (side) => ({
        topics: [byId ? { topicId: side.topicId(name), name: null } : { name }],
        allowAutoTopicCreation: false,
      }),
      // The old versions make what is not there.
      learn(side, { topics }) {
        for (const topic of topics) if (topic.errorCode === 0) learnTopic(side, topic.name!, topic.topicId)
      },
    })
  },
}

export const TOPIC_MAKERS: readonly Maker[] = [create, remove, grow, metadata]
