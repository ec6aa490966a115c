import type { PasswordHash, User, UserLimits } from '../../core/access/user.ts'
import type { Broker } from '../broker.ts'
import { DONE, type Done, refused } from '../done.ts'
import { PASSWORD } from './access.ts'
import { changeAccess } from './facts.ts'
import { hashPassword, isPasswordHash } from './password.ts'

const LONGEST_NAME = 255
/** As RabbitMQ. */
const MOST_TAGS = 32

/** What is to be set; what is left out stays as it is. */
export interface UserChange {
  readonly name: string
  readonly tags?: readonly string[]
  /** A new password, a hash of one, or null for none: then only other mechanisms let the user in. */
  readonly password?: string | PasswordHash | null
  readonly limits?: UserLimits
  /** Of other mechanisms; null takes one away. */
  readonly credentials?: Readonly<Record<string, unknown>>
}

/** Makes a user, or changes one. */
export function setUser(broker: Broker, change: UserChange): Done {
  const { name } = change
  const problem = problemOf(change)
  if (problem !== null) return refused('invalid', problem)
  const known = broker.access.user(name)
  const credentials: Record<string, unknown> = { ...known?.credentials, ...change.credentials }
  if (change.password !== undefined) credentials[PASSWORD] = hashOf(broker, change.password)
  for (const [mechanism, value] of Object.entries(credentials)) if (value === null) delete credentials[mechanism]
  const user: User = {
    name,
    tags: change.tags ?? known?.tags ?? [],
    limits: change.limits ?? known?.limits ?? {},
    credentials,
  }
  changeAccess(broker, { kind: 'user', user })
  return DONE
}

/** The user goes with its permissions, and whoever is connected as that user has to go. */
export function deleteUser(broker: Broker, name: string): Done {
  if (broker.access.user(name) === undefined) return refused('not-found', `there is no user '${name}'`)
  changeAccess(broker, { kind: 'user-gone', name })
  broker.connections.closeAll((one) => one.user === name, `user '${name}' is deleted`)
  return DONE
}

function hashOf({ env }: Broker, password: string | PasswordHash | null): PasswordHash | null {
  return typeof password === 'string' ? hashPassword(env.random, password) : password
}

function problemOf({ name, tags = [], password, limits = {} }: UserChange): string | null {
  if (name === '' || Buffer.byteLength(name) > LONGEST_NAME) {
    return `a user's name has between 1 and ${LONGEST_NAME} bytes`
  }
  if (tags.length > MOST_TAGS) return `a user has at most ${MOST_TAGS} tags`
  if (password === '') return 'a password is not empty; without one a user can only log in by other means'
  if (typeof password === 'object' && password !== null && !isPasswordHash(password)) {
    return `the password hash of '${name}' is not base64 of a salt of four bytes and a hash by ${password.algorithm}`
  }
  for (const [limit, value] of Object.entries(limits)) {
    if (limit !== 'max-connections' && limit !== 'max-channels') return `'${limit}' is no limit of a user`
    if (!Number.isInteger(value)) return `the limit ${limit} is a whole number, negative for none`
  }
  return null
}
