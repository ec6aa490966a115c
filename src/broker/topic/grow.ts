import { checkCount, newIds, roomFor } from './create.ts'
import { type Refusal, refuse } from './refusal.ts'
import type { Topic } from './topic.ts'
import { writeFact } from './topic-record.ts'
import type { Topics } from './topics.ts'

/** Gives a topic more partitions, `total` in all; it never has fewer than before. */
export function growTopic(topics: Topics, topic: Topic, total: number, onlyCheck: boolean): { ok: true } | Refusal {
  const from = topic.partitions.length
  const now = `Topic currently has ${from} partitions`
  if (total === from) return refuse('invalid-partitions', `${now}, which is as many as were asked for.`)
  if (total < from) return refuse('invalid-partitions', `${now}, which is higher than the requested ${total}.`)
  const refusal = checkCount(topics, total - from) ?? roomFor(topics, total - from)
  if (refusal !== null) return refusal
  if (onlyCheck) return { ok: true }
  const fact = { op: 'grow' as const, id: topic.id, from, partitions: newIds(topics, total - from) }
  topics.apply(fact, writeFact(topics.broker, fact))
  return { ok: true }
}
