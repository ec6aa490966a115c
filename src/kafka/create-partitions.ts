import { growTopic } from '../broker/topic/grow.ts'
import { type Refusal, refuse } from '../broker/topic/refusal.ts'
import { CreatePartitionsRequest, CreatePartitionsResponse } from '../wire/kafka/messages/create-partitions.ts'
import type { Decoded } from '../wire/kafka/schema.ts'
import { api, type Call } from './api.ts'
import { REFUSAL_CODES } from './refusals.ts'

/* CreatePartitions, 0 to 3: more partitions for a topic, `count` in all. An assignment names this broker alone. */

type Asked = Decoded<typeof CreatePartitionsRequest>['topics'][number]

export const createPartitions = api(
  CreatePartitionsRequest,
  CreatePartitionsResponse,
  { from: 0, to: 3, writes: true },
  (request, call) => {
    const results = request.topics.map((asked) => {
      const grown = grow(asked, call, request.validateOnly)
      if (grown.ok) return { name: asked.name }
      return { name: asked.name, errorCode: REFUSAL_CODES[grown.reason], errorMessage: grown.text }
    })
    call.reply({ results }, call.front.topics.position)
  },
)

function grow(asked: Asked, call: Call, onlyCheck: boolean): { ok: true } | Refusal {
  const { topics, options } = call.front
  const topic = topics.byName.get(asked.name)
  if (topic === undefined) return refuse('unknown-topic', 'There is no such topic.')
  const { assignments } = asked
  if (assignments !== null) {
    const more = asked.count - topic.partitions.length
    if (more > 0 && assignments.length !== more) {
      return refuse('invalid-assignment', `${more} partitions more were asked for, and ${assignments.length} assigned.`)
    }
    const ours = assignments.every(({ brokerIds }) => brokerIds.length === 1 && brokerIds[0] === options.nodeId)
    if (!ours) return refuse('invalid-assignment', `The assignment names brokers other than ${options.nodeId}.`)
  }
  return growTopic(topics, topic, asked.count, onlyCheck)
}
