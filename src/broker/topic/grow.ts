import { checkCount, newIds, roomFor } from './create.ts'
import { type Refusal, refuse } from './refusal.ts'
import type { Topic } from './topic.ts'
import { writeFact } from './topic-record.ts'
import type { Topics } from './topics.ts'

/** Gives a topic more partitions, `total` in all; it never has fewer than before. */
export function growTopic(topics: Topics, topic: Topic, total: number, onlyCheck: boolean): { ok: true } | Refusal {
  const from = topic.partitions.length
  if (total === from) return refuse('invalid-partitions', `Topic already has ${from} partition(s).`)
  if (total < from) {
    const now = `The topic ${topic.name} currently has ${from} partition(s)`
    return refuse('invalid-partitions', `${now}; ${total} would not be an increase.`)
  }
  if (topic.stream !== null) return refuse('invalid-partitions', 'A stream queue has one partition.')
  const refusal = checkCount(topics, total - from) ?? roomFor(topics, total - from)
  if (refusal !== null) return refusal
  if (onlyCheck) return { ok: true }
  const fact = { op: 'grow' as const, id: topic.id, from, partitions: newIds(topics, total - from) }
  topics.apply(fact, writeFact(topics.broker, fact))
  return { ok: true }
}
