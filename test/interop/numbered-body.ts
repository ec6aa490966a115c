/** Bodies that tell their number and that nobody could mistake for another's: the number, what it hashes to, and bytes that follow from both. */
export const LEAST_SIZE = 8

/** A number's hash, 32 bits. */
export function hash(number: number): number {
  let z = Math.imul(number ^ 0x5bd1e995, 0x21f0aaad)
  z ^= z >>> 15
  z = Math.imul(z, 0x735a2d97)
  return (z ^ (z >>> 15)) >>> 0
}

export function fillBody(bytes: Buffer, at: number, size: number, number: number): void {
  const mixed = hash(number)
  bytes.writeUInt32BE(number, at)
  bytes.writeUInt32BE(mixed, at + 4)
  for (let i = LEAST_SIZE; i < size; i++) bytes[at + i] = mixed + Math.imul(i, 31)
}

/** The number of a body, or -1 if it is not one. */
export function numberOf(bytes: Buffer, from: number, to: number): number {
  if (to - from < LEAST_SIZE) return -1
  const number = bytes.readUInt32BE(from)
  const mixed = bytes.readUInt32BE(from + 4)
  if (mixed !== hash(number)) return -1
  for (let i = LEAST_SIZE; from + i < to; i++) if (bytes[from + i] !== ((mixed + Math.imul(i, 31)) & 255)) return -1
  return number
}
