import type { Engine, Features } from './engine.ts'
import { PosthornError } from './posthorn-error.ts'

/** What a use of each feature is called in an error, and what can be done without it. */
const ADVICE: Readonly<Record<keyof Features, { readonly use: string; readonly instead: string }>> = {
  atomic: {
    use: 'storing an acknowledgement and its effects in one write',
    instead: 'an outbox over your database does that: pass one as `store` to connect',
  },
  atomicTopics: {
    use: 'storing progress and its effects in one write',
    instead: 'an outbox over your database does that: pass one as `store` to connect',
  },
  inbox: {
    use: 'handling each message once',
    instead: 'an inbox over your database does that: pass one as `store` to connect',
  },
  cancel: {
    use: 'taking a scheduled message back',
    instead: 'let the handler look whether the message is still wanted',
  },
  priority: { use: 'sending with a priority', instead: 'send to a queue of its own' },
  queueOrder: { use: 'keeping the order of messages in a queue', instead: 'use a topic' },
  places: { use: 'telling the offset of a record that is published', instead: 'give it an id, and look for that' },
  compaction: {
    use: 'keeping the newest record of each key',
    instead: 'give the topic a retention that is long enough',
  },
}

/** @throws PosthornError `FEATURE_MISSING` */
export function requireFeature(engine: Engine, feature: keyof Features, where: string): void {
  if (engine.features[feature]) return
  const { use, instead } = ADVICE[feature]
  throw new PosthornError(
    'FEATURE_MISSING',
    `${where}: ${use} is not possible on the engine '${engine.name}'; ${instead}`,
  )
}
