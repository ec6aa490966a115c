import { Failures } from '../../core/access/failures.ts'
import { Permissions } from '../../core/access/permissions.ts'
import type { PasswordHash, User } from '../../core/access/user.ts'
import { Users } from '../../core/access/users.ts'
import { isPassword } from './password.ts'

/** Checked where there is no such user, so that an answer takes as long: nobody learns names by the clock. */
const NOBODY: PasswordHash = {
  hash: Buffer.alloc(36).toString('base64'),
  algorithm: 'rabbit_password_hashing_sha256',
}

/** The name under which RabbitMQ's password hash is among a user's credentials. */
export const PASSWORD = 'password'

/**
 * Who may log in and do what: one model for both protocols. A user of RabbitMQ's clients is the principal `User:name` to Kafka's. What
 * changes it stands beside this file.
 */
export class Access {
  readonly users = new Users()
  readonly permissions = new Permissions()
  /** Failed log-ins, by address. */
  readonly failures = new Failures()
  /** Grows with every change: what was decided before is then void. */
  epoch = 0
  /** The journal position of the newest change: what an answer to a log-in has read. */
  changedAt = 0
  /** The first user was made, once: it does not come back when it is deleted. */
  seeded = false
  private readonly loopbackUsers: ReadonlySet<string>

  /** `loopbackUsers` may log in from this machine only. */
  constructor(loopbackUsers: readonly string[]) {
    this.loopbackUsers = new Set(loopbackUsers)
  }

  user(name: string): User | undefined {
    return this.users.get(name)
  }

  /** Whether that is the user's password. An empty one never is, and costs as much when there is no such user. */
  verifyPassword(name: string, password: string): boolean {
    const user = this.users.get(name)
    const hash = (user?.credentials[PASSWORD] as PasswordHash | undefined) ?? NOBODY
    const right = isPassword(password, hash)
    return right && user !== undefined && password !== ''
  }

  /** Some users may log in from this machine only. */
  mayComeFrom(name: string, address: string): boolean {
    return !this.loopbackUsers.has(name) || isLoopback(address)
  }
}

export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1' || address.startsWith('::ffff:127.')
}
