import { checkAppend } from '../../broker/topic/append.ts'
import type { Topic } from '../../broker/topic/topic.ts'
import { PosthornError } from '../../sdk/posthorn-error.ts'
import type { Ground } from './ground.ts'

/** @throws PosthornError if the topic does not take such a batch: found out before anything is stored. */
export function checkTakes(ground: Ground, topic: Topic, bytes: Uint8Array, keyed: boolean): void {
  if (topic.settings.compacts && !keyed) {
    throw new PosthornError('REFUSED', `topic '${topic.name}' is compacted: each record needs a key`)
  }
  const refusal = checkAppend(ground.nouns.topics, topic, bytes, 0, bytes.length, true)
  if (refusal === null) return
  if (refusal === 'too-large') {
    const text = `a batch for topic '${topic.name}' has ${bytes.length} bytes; the most is ${topic.settings.maxMessageBytes}`
    throw new PosthornError('TOO_LARGE', text)
  }
  throw new PosthornError('REFUSED', `topic '${topic.name}' takes no such batch: ${refusal}`)
}
