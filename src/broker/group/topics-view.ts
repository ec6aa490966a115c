import type { TopicsView, TopicView } from '../../core/group/consumer/world.ts'
import { re2 } from '../../std/re2.ts'
import type { Topics } from '../topic/topics.ts'

/** Expressions whose topics are remembered. */
const MAX_REMEMBERED = 1000

/** The broker's topics as groups see them. */
export class GroupTopics implements TopicsView {
  private readonly topics: Topics
  /** Which topics an expression matched when it was last asked. */
  private readonly matched = new Map<string, { readonly version: number; readonly names: readonly string[] }>()

  constructor(topics: Topics) {
    this.topics = topics
  }

  /** Grows with every fact about topics, and about who may know of them. */
  get version(): number {
    return this.topics.position + this.topics.broker.acls.position
  }

  byName(name: string): TopicView | undefined {
    return this.topics.byName.get(name)
  }

  byId(id: string): TopicView | undefined {
    return this.topics.byId.get(id)
  }

  matching(regex: string): readonly string[] {
    const known = this.matched.get(regex)
    if (known !== undefined && known.version === this.version) return known.names
    if (this.matched.size >= MAX_REMEMBERED) this.matched.clear()
    const pattern = re2().RE2JS.compile(regex)
    const names = [...this.topics.byName.keys()].filter((name) => pattern.matches(name))
    this.matched.set(regex, { version: this.version, names })
    return names
  }
}

/** What is wrong with an expression, in the words of RE2; null if nothing is. */
export function whyNoRegex(regex: string): string | null {
  if (regex === '') return null
  try {
    re2().RE2JS.compile(regex)
    return null
  } catch (error) {
    if (error instanceof re2().RE2JSSyntaxException) return error.getDescription()
    throw error
  }
}
