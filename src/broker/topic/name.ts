const MAX_LENGTH = 249

/** What is wrong with a topic's name, or null. */
export function checkTopicName(name: string): string | null {
  if (name === '') return 'Topic name is invalid: it is empty'
  if (name === '.' || name === '..') return `Topic name is invalid: '${name}' is not allowed`
  if (name.length > MAX_LENGTH) return `Topic name is invalid: it is longer than ${MAX_LENGTH} characters`
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    return `Topic name is invalid: '${name}' has a character other than ASCII letters, digits, '.', '_' and '-'`
  }
  return null
}

/** Names that differ in '.' and '_' only are one name in metrics, and Kafka has no two such topics. */
export function collisionKey(name: string): string {
  return name.replaceAll('.', '_')
}
