/** What a user may have at most; a negative number is no limit, as in RabbitMQ. */
export interface UserLimits {
  readonly 'max-connections'?: number
  readonly 'max-channels'?: number
}

/** A password as RabbitMQ keeps it: base64 of four bytes of salt and the hash of salt and password. */
export interface PasswordHash {
  readonly hash: string
  readonly algorithm: string
}

/** Somebody who may log in: to RabbitMQ's clients a user, to Kafka's the principal `User:name`. */
export interface User {
  readonly name: string
  readonly tags: readonly string[]
  /** By mechanism: `password` for PLAIN and AMQPLAIN; others put what they need beside it, which only they read. */
  readonly credentials: Readonly<Record<string, unknown>>
  readonly limits: UserLimits
}

/** Tags that mean something to the broker itself; the management API knows others. */
export const IMPERSONATOR = 'impersonator'

/** The user's own limit, Infinity for none. */
export function userLimit(user: User, name: keyof UserLimits): number {
  const limit = user.limits[name]
  return limit === undefined || limit < 0 ? Number.POSITIVE_INFINITY : limit
}
