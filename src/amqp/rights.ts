import type { Access } from '../broker/access/access.ts'
import { Decisions } from '../core/access/decisions.ts'
import { compilePermission, escapePattern, type Pattern } from '../core/access/pattern.ts'
import type { Permission } from '../core/access/permissions.ts'
import { IMPERSONATOR } from '../core/access/user.ts'
import { AmqpError } from '../wire/amqp/amqp-error.ts'

type What = 'queue' | 'exchange'

/** By this name permissions know the default exchange. */
const DEFAULT_EXCHANGE = 'amq.default'

/** What a connection's user may do in its vhost. What was decided is remembered until something about users or permissions changes. */
export class Rights {
  private readonly access: Access
  private readonly user: string
  private readonly vhost: string
  private readonly decisions = new Decisions()
  /** Patterns of topic permissions with their variables put in, by permission and exchange. */
  private readonly topics = new Map<string, Pattern | null>()
  private topicsEpoch = -1

  constructor(access: Access, user: string, vhost: string) {
    this.access = access
    this.user = user
    this.vhost = vhost
  }

  /** @throws AmqpError in RabbitMQ's words. */
  require(permission: Permission, what: What, name: string): void {
    const asked = known(what, name)
    if (!this.may(permission, asked)) throw this.refusal(permission, `${what} '${asked}'`)
  }

  /** For a passive declaration any permission does. */
  requireAny(what: What, name: string): void {
    const asked = known(what, name)
    if (!this.may('read', asked) && !this.may('write', asked)) this.require('configure', what, name)
  }

  /** Whether routing keys on this exchange are restricted for the user at all. */
  hasTopics(permission: 'write' | 'read', exchange: string): boolean {
    return this.topicPattern(permission, exchange) !== null
  }

  /** To publish to a topic exchange with that key, or to bind to it. */
  requireTopic(permission: 'write' | 'read', exchange: string, key: string): void {
    const pattern = this.topicPattern(permission, exchange)
    if (pattern === null) return
    const at = `${permission} ${exchange}\0${key}`
    if (this.decisions.get(this.access.epoch, at, () => pattern.matches(key))) return
    throw this.refusal(permission, `topic '${key}' in exchange '${exchange}'`)
  }

  /** Whether messages may carry another user's name. */
  mayImpersonate(): boolean {
    return this.access.user(this.user)?.tags.includes(IMPERSONATOR) === true
  }

  private may(permission: Permission, name: string): boolean {
    const { access, user, vhost } = this
    return this.decisions.get(access.epoch, `${permission} ${name}`, () =>
      access.permissions.allows(user, vhost, permission, name),
    )
  }

  private topicPattern(permission: 'write' | 'read', exchange: string): Pattern | null {
    const { access, user, vhost, topics } = this
    if (this.topicsEpoch !== access.epoch) topics.clear()
    this.topicsEpoch = access.epoch
    const at = `${permission} ${exchange}`
    const compiled = topics.get(at)
    if (compiled !== undefined) return compiled
    const text = access.permissions.topicPattern(user, vhost, exchange, permission)
    const pattern = text === null ? null : (compilePermission(this.expand(text)) ?? NOTHING)
    topics.set(at, pattern)
    return pattern
  }

  private expand(text: string): string {
    return text.replaceAll('{username}', escapePattern(this.user)).replaceAll('{vhost}', escapePattern(this.vhost))
  }

  private refusal(permission: Permission, what: string): AmqpError {
    const { user, vhost } = this
    return new AmqpError(
      'access-refused',
      `${permission} access to ${what} in vhost '${vhost}' refused for user '${user}'`,
    )
  }
}

const NOTHING: Pattern = { text: '', matches: () => false }

function known(what: What, name: string): string {
  return what === 'exchange' && name === '' ? DEFAULT_EXCHANGE : name
}
