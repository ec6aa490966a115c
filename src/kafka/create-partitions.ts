import { growTopic } from '../broker/topic/grow.ts'
import { type Refusal, refuse } from '../broker/topic/refusal.ts'
import { ErrorCode } from '../wire/kafka/errors.ts'
import { CreatePartitionsRequest, CreatePartitionsResponse } from '../wire/kafka/messages/create-partitions.ts'
import type { Decoded } from '../wire/kafka/schema.ts'
import { api, type Call } from './api.ts'
import { checkAssignment } from './assignment.ts'
import { REFUSAL_CODES } from './refusals.ts'
import { twice } from './twice.ts'

/* CreatePartitions, 0 to 3: more partitions for a topic, `count` in all. An assignment names this broker alone. */

type Asked = Decoded<typeof CreatePartitionsRequest>['topics'][number]

export const createPartitions = api(
  CreatePartitionsRequest,
  CreatePartitionsResponse,
  { from: 0, to: 3, writes: true },
  (request, call) => {
    const more = twice(request.topics.map(({ name }) => name))
    const told = new Set<string>()
    const results = request.topics.flatMap((asked) => {
      if (more.has(asked.name)) {
        // A name that comes twice is answered once.
        if (told.has(asked.name)) return []
        told.add(asked.name)
        return [{ name: asked.name, errorCode: ErrorCode.INVALID_REQUEST, errorMessage: 'Duplicate topic name.' }]
      }
      const grown = grow(asked, call, request.validateOnly)
      if (grown.ok) return [{ name: asked.name }]
      const errorMessage = grown.reason === 'unknown-topic' ? null : grown.text
      return [{ name: asked.name, errorCode: REFUSAL_CODES[grown.reason], errorMessage }]
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
      const added = `Attempted to add ${more} additional partition(s)`
      return refuse('invalid-assignment', `${added}, but only ${assignments.length} assignment(s) were specified.`)
    }
    for (const { brokerIds } of assignments) {
      const wrong = checkAssignment(brokerIds, options.nodeId)
      if (wrong !== null) return refuse('invalid-assignment', wrong)
    }
  }
  return growTopic(topics, topic, asked.count, onlyCheck)
}
