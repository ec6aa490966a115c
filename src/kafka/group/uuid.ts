import type { Random } from '../../env/random.ts'

const bytes = new Uint8Array(16)

/** A random uuid (version 4) in its usual form, as Kafka puts it into member ids. */
export function randomUuid(random: Random): string {
  random.fill(bytes)
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = Buffer.from(bytes).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** 16 random bytes as Kafka prints ids of its own: 22 characters of base64url. */
export function randomId(random: Random): string {
  random.fill(bytes)
  return Buffer.from(bytes).toString('base64url')
}
