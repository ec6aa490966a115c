import { checkNameAndConfigs, createTopic } from '../broker/topic/create.ts'
import { type Refusal, refuse } from '../broker/topic/refusal.ts'
import { CreateTopicsRequest, CreateTopicsResponse } from '../wire/kafka/messages/create-topics.ts'
import type { Decoded, Encodable } from '../wire/kafka/schema.ts'
import { api, type Call } from './api.ts'
import { checkAssignment } from './assignment.ts'
import { describeTopic } from './describe-configs.ts'
import { REFUSAL_CODES } from './refusals.ts'

/*
 * CreateTopics, 2 to 7. There is one broker, so that a replication factor is 1 (or -1, the default) and an assignment names it alone. The answer
 * tells the settings from version 5 on, the topic's id from 7 on.
 */

type Asked = Decoded<typeof CreateTopicsRequest>['topics'][number]
type Answer = NonNullable<Encodable<typeof CreateTopicsResponse>['topics']>[number]

export const createTopics = api(
  CreateTopicsRequest,
  CreateTopicsResponse,
  { from: 2, to: 7, writes: true },
  (request, call) => {
    const names = request.topics.map((topic) => topic.name)
    const answers = request.topics.map((asked): Answer => {
      const twice = names.indexOf(asked.name) !== names.lastIndexOf(asked.name)
      if (twice) return refused(asked.name, refuse('invalid-request', 'Duplicate topic name.'))
      return create(asked, call, request.validateOnly)
    })
    // A name that comes twice is answered once.
    const topics = answers.filter((_, i) => names.indexOf(names[i]!) === i)
    call.reply({ topics }, call.front.topics.position)
  },
)

function create(asked: Asked, call: Call, onlyCheck: boolean): Answer {
  const configs = new Map<string, string>()
  for (const { name, value } of asked.configs) {
    if (value === null)
      return refused(asked.name, refuse('invalid-config', `Null value not supported for topic configs: ${name}`))
    configs.set(name, value)
  }
  const { topics } = call.front
  const refusal = checkNameAndConfigs(topics, asked.name, configs) ?? checkReplicas(asked, call.front.options.nodeId)
  if (refusal !== null) return refused(asked.name, refusal)
  const partitions = asked.assignments.length > 0 ? asked.assignments.length : asked.numPartitions
  const created = createTopic(topics, { name: asked.name, partitions, configs }, onlyCheck)
  if (!created.ok) return refused(asked.name, created)
  return {
    name: asked.name,
    errorMessage: null,
    topicId: created.id,
    numPartitions: partitions === -1 ? topics.options.defaultPartitions : partitions,
    replicationFactor: 1,
    configs: describeTopic(topics, created.topic?.configs ?? configs).map(({ name, value, configSource }) => ({
      name,
      value,
      configSource,
    })),
  }
}

function checkReplicas(asked: Asked, nodeId: number): Refusal | null {
  const { assignments, replicationFactor } = asked
  if (assignments.length === 0) {
    if (replicationFactor === -1 || replicationFactor === 1) return null
    // How many there are to be is looked at before where they could go.
    if (replicationFactor > 1 && (asked.numPartitions === 0 || asked.numPartitions < -1)) return null
    return refuse(
      'invalid-replication-factor',
      replicationFactor > 1
        ? `Unable to replicate the partition ${replicationFactor} time(s): The target replication factor of ${replicationFactor} cannot be reached because only 1 broker(s) are registered or some brokers have all their log directories cordoned.`
        : 'Replication factor must be larger than 0, or -1 to use the default value.',
    )
  }
  if (asked.numPartitions !== -1) {
    return refuse(
      'invalid-request',
      'A manual partition assignment was specified, but numPartitions was not set to -1.',
    )
  }
  if (replicationFactor !== -1) {
    return refuse(
      'invalid-request',
      'A manual partition assignment was specified, but replication factor was not set to -1.',
    )
  }
  const numbers = assignments.map((assignment) => assignment.partitionIndex).sort((a, b) => a - b)
  const twice = numbers.find((number, i) => number === numbers[i - 1])
  const wrong =
    twice === undefined
      ? (assignments.map(({ brokerIds }) => checkAssignment(brokerIds, nodeId)).find((text) => text !== null) ?? null)
      : `Found multiple manual partition assignments for partition ${twice}`
  if (wrong !== null) return refuse('invalid-assignment', wrong)
  const isDense = numbers.every((number, i) => number === i)
  return isDense ? null : refuse('invalid-assignment', 'partitions should be a consecutive 0-based integer sequence')
}

function refused(name: string, refusal: Refusal): Answer {
  return { name, errorCode: REFUSAL_CODES[refusal.reason], errorMessage: refusal.text }
}
