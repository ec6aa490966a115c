import { type Refusal, refuse } from './refusal.ts'
import { hasRoomFor } from './room.ts'
import type { Topic } from './topic.ts'
import { checkConfigs } from './topic-config.ts'
import { factRoom, writeFact } from './topic-record.ts'
import type { Topics } from './topics.ts'

/** Gives a topic new settings of its own in place of those it has. */
export function configureTopic(
  topics: Topics,
  topic: Topic,
  configs: ReadonlyMap<string, string>,
  onlyCheck: boolean,
): { ok: true } | Refusal {
  const wrong = checkConfigs(configs)
  if (wrong !== null) return refuse('invalid-config', wrong)
  if (!hasRoomFor(topics.broker, factRoom(0))) return refuse('no-room', 'The disk is full.')
  if (onlyCheck) return { ok: true }
  const fact = { op: 'configure' as const, id: topic.id, configs: [...configs] }
  topics.apply(fact, writeFact(topics.broker, fact))
  return { ok: true }
}
