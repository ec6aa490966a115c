import type { TopicPartition } from './membership.ts'

/** ConsumerProtocolSubscription and ConsumerProtocolAssignment of the classic protocol, version 0. */

class Text {
  private readonly parts: Buffer[] = []

  int16(value: number): this {
    const bytes = Buffer.alloc(2)
    bytes.writeInt16BE(value)
    this.parts.push(bytes)
    return this
  }

  int32(value: number): this {
    const bytes = Buffer.alloc(4)
    bytes.writeInt32BE(value)
    this.parts.push(bytes)
    return this
  }

  string(value: string): this {
    const bytes = Buffer.from(value)
    this.int16(bytes.length)
    this.parts.push(bytes)
    return this
  }

  end(): Buffer {
    return Buffer.concat(this.parts)
  }
}

const NO_BYTES = -1

export function encodeTopics(topics: readonly string[]): Buffer {
  const text = new Text().int16(0).int32(topics.length)
  for (const topic of topics) text.string(topic)
  return text.int32(NO_BYTES).end()
}

export function decodeTopics(bytes: Buffer | null): string[] {
  if (bytes === null) return []
  let at = 2
  const count = bytes.readInt32BE(at)
  at += 4
  const topics: string[] = []
  for (let i = 0; i < count; i++) {
    const length = bytes.readInt16BE(at)
    topics.push(bytes.toString('utf8', at + 2, at + 2 + length))
    at += 2 + length
  }
  return topics
}

export function encodeAssignment(partitions: readonly TopicPartition[]): Buffer {
  const topics = [...new Set(partitions.map(({ topic }) => topic))]
  const text = new Text().int16(0).int32(topics.length)
  for (const name of topics) {
    const own = partitions.filter(({ topic }) => topic === name)
    text.string(name).int32(own.length)
    for (const { partition } of own) text.int32(partition)
  }
  return text.int32(NO_BYTES).end()
}

export function decodeAssignment(bytes: Buffer): TopicPartition[] {
  if (bytes.length < 6) return []
  let at = 2
  const read32 = () => bytes.readInt32BE((at += 4) - 4)
  const partitions: TopicPartition[] = []
  for (let topics = read32(); topics > 0; topics--) {
    const length = bytes.readInt16BE(at)
    const topic = bytes.toString('utf8', at + 2, at + 2 + length)
    at += 2 + length
    for (let count = read32(); count > 0; count--) partitions.push({ topic, partition: read32() })
  }
  return partitions
}

/** Shares each topic among the members that want it, as evenly as it goes: partition by partition, to whoever has fewest. */
export function assign(
  members: readonly { readonly id: string; readonly topics: readonly string[] }[],
  counts: ReadonlyMap<string, number>,
): Map<string, TopicPartition[]> {
  const shares = new Map<string, TopicPartition[]>(members.map(({ id }) => [id, []]))
  for (const [topic, count] of counts) {
    const wanting = members.filter(({ topics }) => topics.includes(topic)).map(({ id }) => shares.get(id)!)
    for (let partition = 0; partition < count && wanting.length > 0; partition++) {
      const least = wanting.reduce((a, b) => (b.length < a.length ? b : a))
      least.push({ topic, partition })
    }
  }
  return shares
}
