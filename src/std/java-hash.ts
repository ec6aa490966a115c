/** Java's hash of a string. Kafka chooses by it where things belong, and clients see the choice. */
export function javaHash(text: string): number {
  let value = 0
  for (let i = 0; i < text.length; i++) value = (Math.imul(value, 31) + text.charCodeAt(i)) | 0
  return value
}
