/** What is wrong with the brokers that a client wants a partition to be on, or null: there is one broker, and it has the one replica. */
export function checkAssignment(brokerIds: readonly number[], nodeId: number): string | null {
  const what = 'The manual partition assignment includes'
  if (brokerIds.length === 0) return `${what} an empty replica list.`
  const sorted = [...brokerIds].sort((a, b) => a - b)
  const twice = sorted.find((id, i) => id === sorted[i - 1])
  if (twice !== undefined) return `${what} the broker ${twice} more than once.`
  const other = sorted.find((id) => id !== nodeId)
  return other === undefined ? null : `${what} broker ${other}, but no such broker is registered.`
}
