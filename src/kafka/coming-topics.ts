import { createTopic } from '../broker/topic/create.ts'
import type { Topics } from '../broker/topic/topics.ts'

/** About as long as a Kafka takes from the question to the topic. */
const DELAY_MS = 50
/** Names that are remembered meanwhile; who asks for more asks again. */
const MOST = 10_000

/**
 * Topics that come into being because clients ask for them. As in Kafka that takes a moment, in which they are not there: clients notice that a topic
 * has come by its not having been there when they first looked.
 */
export class ComingTopics {
  private readonly topics: Topics
  private readonly log: (text: string) => void
  private names = new Set<string>()

  constructor(topics: Topics, log: (text: string) => void) {
    this.topics = topics
    this.log = log
  }

  add(name: string): void {
    if (this.names.size >= MOST) return
    if (this.names.size === 0) this.topics.broker.liveTimers.after(DELAY_MS, this.create)
    this.names.add(name)
  }

  private readonly create = (): void => {
    const { names, topics } = this
    this.names = new Set()
    for (const name of names) {
      const created = createTopic(topics, { name, partitions: -1, configs: new Map() })
      if (created.ok || created.reason === 'topic-exists') continue
      this.log(`topic ${name}, which a client asked for, was not made: ${created.reason}`)
    }
  }
}
