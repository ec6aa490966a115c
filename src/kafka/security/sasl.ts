import type { Access } from '../../broker/access/access.ts'
import { SCRAM_MECHANISMS, scramCredential } from '../../broker/access/scram.ts'
import type { Random } from '../../env/random.ts'
import type { Mechanism } from './mechanism.ts'
import { type CheckToken, OauthBearer } from './oauth-bearer.ts'
import { Plain } from './plain.ts'
import { Scram } from './scram.ts'

/** What clients of a listener log in with, and on what terms. */
export interface SaslOptions {
  /** In the order in which they are offered. */
  readonly mechanisms: readonly string[]
  /** How long a login is good for, in milliseconds; 0 is for ever. */
  readonly maxReauthMs: number
  /** How long a failed login waits for its answer. */
  readonly failureDelayMs: number
  /** For OAUTHBEARER. */
  readonly checkToken: CheckToken | null
}

/** Begins a login by one of the listener's mechanisms, from that address. */
export function beginMechanism(
  name: string,
  options: SaslOptions,
  access: Access,
  address: string,
  random: Random,
): Mechanism {
  const mayCome = (user: string) => access.mayComeFrom(user, address)
  if (name === 'PLAIN') return new Plain((user, password) => access.verifyPassword(user, password) && mayCome(user))
  if (name === 'OAUTHBEARER') return new OauthBearer(options.checkToken!)
  const mechanism = SCRAM_MECHANISMS.find((one) => one.name === name)!
  return new Scram(
    mechanism,
    (user) => (mayCome(user) ? scramCredential(access.user(user), mechanism) : undefined),
    random,
  )
}
