/** Java's hash of a string. Kafka chooses by it where things belong, and clients see the choice. */
export function javaHash(text: string): number {
  let value = 0
  for (let i = 0; i < text.length; i++) value = (Math.imul(value, 31) + text.charCodeAt(i)) | 0
  return value
}

/**
 * In the order in which they lie in a hash table of Java's, which is three quarters full at most and made for `held` of them. It has 16 places at first; `begins` where
 * it was made for fewer.
 */
export function hashed<T>(values: readonly T[], keyOf: (value: T) => string, held = values.length, begins = 16): T[] {
  let size = begins
  while (held > size * 0.75) size *= 2
  const place = (value: T) => {
    const hash = javaHash(keyOf(value))
    return (hash ^ (hash >>> 16)) & (size - 1)
  }
  return [...values].sort((one, other) => place(one) - place(other))
}
