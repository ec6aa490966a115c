import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { User } from '../../core/access/user.ts'

/** The mechanisms by Kafka's numbers, and what they hash with. */
export const SCRAM_MECHANISMS = [
  { type: 1, name: 'SCRAM-SHA-256', hash: 'sha256', bytes: 32 },
  { type: 2, name: 'SCRAM-SHA-512', hash: 'sha512', bytes: 64 },
] as const

export type ScramMechanism = (typeof SCRAM_MECHANISMS)[number]

/** What is kept of a password for SCRAM (RFC 5802), in base64: it lets nobody log in who reads it. */
export interface ScramCredential {
  readonly salt: string
  readonly iterations: number
  readonly storedKey: string
  readonly serverKey: string
}

/** What is kept of a password that came salted. */
export function credentialFrom(
  { hash }: ScramMechanism,
  salt: Uint8Array,
  saltedPassword: Uint8Array,
  iterations: number,
): ScramCredential {
  const clientKey = createHmac(hash, saltedPassword).update('Client Key').digest()
  return {
    salt: Buffer.from(salt).toString('base64'),
    iterations,
    storedKey: createHash(hash).update(clientKey).digest('base64'),
    serverKey: createHmac(hash, saltedPassword).update('Server Key').digest('base64'),
  }
}

export function scramCredential(user: User | undefined, { name }: ScramMechanism): ScramCredential | undefined {
  return user?.credentials[name] as ScramCredential | undefined
}

/** Whether the client's proof shows that it knows the password; what shows it that we do, if so. */
export function verifyProof(
  { hash, bytes }: ScramMechanism,
  credential: ScramCredential,
  authMessage: string,
  proof: Uint8Array,
): Buffer | null {
  if (proof.length !== bytes) return null
  const storedKey = Buffer.from(credential.storedKey, 'base64')
  const key = createHmac(hash, storedKey).update(authMessage).digest()
  for (let i = 0; i < bytes; i++) key[i]! ^= proof[i]!
  if (!timingSafeEqual(createHash(hash).update(key).digest(), storedKey)) return null
  return createHmac(hash, Buffer.from(credential.serverKey, 'base64')).update(authMessage).digest()
}
