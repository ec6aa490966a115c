import { createHash, timingSafeEqual } from 'node:crypto'
import type { PasswordHash } from '../../core/access/user.ts'
import type { Random } from '../../env/random.ts'

/** RabbitMQ's names for how a password is hashed, and ours for the same. */
const ALGORITHMS: Readonly<Record<string, string>> = {
  rabbit_password_hashing_sha256: 'sha256',
  rabbit_password_hashing_sha512: 'sha512',
  rabbit_password_hashing_md5: 'md5',
}

const SALT = 4
const DEFAULT_ALGORITHM = 'rabbit_password_hashing_sha256'

export function isHashingAlgorithm(name: string): boolean {
  return Object.hasOwn(ALGORITHMS, name)
}

/** Whether `hash` is base64 of a salt and a hash of that algorithm's length, or empty: a user without a password. */
export function isPasswordHash({ hash, algorithm }: PasswordHash): boolean {
  if (!isHashingAlgorithm(algorithm)) return false
  if (hash === '') return true
  const bytes = Buffer.from(hash, 'base64')
  const length = SALT + digest(algorithm, Buffer.alloc(0), '').length
  return bytes.length === length && bytes.toString('base64') === hash
}

/** With a salt of its own, as RabbitMQ does it. */
export function hashPassword(random: Random, password: string, algorithm = DEFAULT_ALGORITHM): PasswordHash {
  const salt = Buffer.alloc(SALT)
  random.fill(salt)
  return { hash: Buffer.concat([salt, digest(algorithm, salt, password)]).toString('base64'), algorithm }
}

export function isPassword(password: string, { hash, algorithm }: PasswordHash): boolean {
  const bytes = Buffer.from(hash, 'base64')
  if (bytes.length <= SALT || !isHashingAlgorithm(algorithm)) return false
  const expected = bytes.subarray(SALT)
  const is = digest(algorithm, bytes.subarray(0, SALT), password)
  return is.length === expected.length && timingSafeEqual(is, expected)
}

function digest(algorithm: string, salt: Uint8Array, password: string): Buffer {
  return createHash(ALGORITHMS[algorithm]!).update(salt).update(password).digest()
}
