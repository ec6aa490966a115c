import { compilePermission, type Pattern } from './pattern.ts'

/** What one may want to do with a queue or an exchange. */
export type Permission = 'configure' | 'write' | 'read'

/** A user's permissions in one vhost: a regular expression on names for each. */
export interface PermissionTexts {
  readonly configure: string
  readonly write: string
  readonly read: string
}

/** On routing keys of one topic exchange. */
export interface TopicPermissionTexts {
  readonly write: string
  readonly read: string
}

interface Granted {
  readonly id: number
  readonly user: string
  readonly vhost: string
  readonly texts: PermissionTexts
  readonly patterns: Readonly<Record<Permission, Pattern>>
}

interface TopicGranted {
  readonly id: number
  readonly user: string
  readonly vhost: string
  readonly exchange: string
  readonly texts: TopicPermissionTexts
}

/** Names the first of the texts that is no regular expression, null if all are. */
export function invalidPattern(texts: Readonly<Record<string, string>>): string | null {
  for (const text of Object.values(texts)) if (compilePermission(text) === null) return text
  return null
}

/** Who may do what where. */
export class Permissions {
  private readonly granted = new Map<string, Granted>()
  private readonly topics = new Map<string, TopicGranted>()

  /** Whether the user may use the vhost at all. */
  hasVHost(user: string, vhost: string): boolean {
    return this.granted.has(key(user, vhost))
  }

  allows(user: string, vhost: string, permission: Permission, name: string): boolean {
    return this.granted.get(key(user, vhost))?.patterns[permission].matches(name) === true
  }

  /** The pattern for routing keys of a topic exchange; null: every key is allowed. */
  topicPattern(user: string, vhost: string, exchange: string, permission: 'write' | 'read'): string | null {
    return this.topics.get(key(user, vhost, exchange))?.texts[permission] ?? null
  }

  /** The texts are as `invalidPattern` wants them. False if what is known is newer. */
  set(id: number, user: string, vhost: string, texts: PermissionTexts): boolean {
    const at = key(user, vhost)
    if ((this.granted.get(at)?.id ?? -1) >= id) return false
    const patterns = {
      configure: compile(texts.configure),
      write: compile(texts.write),
      read: compile(texts.read),
    }
    this.granted.set(at, { id, user, vhost, texts, patterns })
    return true
  }

  setTopic(id: number, user: string, vhost: string, exchange: string, texts: TopicPermissionTexts): boolean {
    const at = key(user, vhost, exchange)
    if ((this.topics.get(at)?.id ?? -1) >= id) return false
    this.topics.set(at, { id, user, vhost, exchange, texts })
    return true
  }

  delete(user: string, vhost: string): boolean {
    return this.granted.delete(key(user, vhost))
  }

  deleteTopic(user: string, vhost: string, exchange: string): boolean {
    return this.topics.delete(key(user, vhost, exchange))
  }

  /** The user is gone, or the vhost is. */
  forget(gone: { readonly user?: string; readonly vhost?: string }): void {
    for (const map of [this.granted, this.topics]) {
      for (const [at, { user, vhost }] of map) if (user === gone.user || vhost === gone.vhost) map.delete(at)
    }
  }

  all(): IterableIterator<Omit<Granted, 'patterns'>> {
    return this.granted.values()
  }

  allTopics(): IterableIterator<TopicGranted> {
    return this.topics.values()
  }
}

/** What does not compile any more allows nothing: a newer version may understand fewer expressions. */
const NOTHING: Pattern = { text: '', matches: () => false }

function compile(text: string): Pattern {
  return compilePermission(text) ?? NOTHING
}

function key(...names: string[]): string {
  return JSON.stringify(names)
}
