/** Where a group will go on reading a partition. */
export interface CommittedOffset {
  offset: number
  /** -1 when the client did not say. */
  leaderEpoch: number
  metadata: string
  /** Wall-clock time of the commit. */
  committedAt: number
}

/** A group's committed offsets. Committing again writes over the same object: nothing is allocated. */
export class Offsets {
  readonly topics = new Map<string, Map<number, CommittedOffset>>()

  /** Partitions with an offset. */
  size = 0
  /** There was one: as in Kafka a group stays until the next sweep when its last offset is gone. Not durable. */
  lingers = false

  get isEmpty(): boolean {
    return this.size === 0
  }

  get(topic: string, partition: number): CommittedOffset | undefined {
    return this.topics.get(topic)?.get(partition)
  }

  commit(
    topic: string,
    partition: number,
    offset: number,
    leaderEpoch: number,
    metadata: string,
    committedAt: number,
  ): void {
    let partitions = this.topics.get(topic)
    if (partitions === undefined) this.topics.set(topic, (partitions = new Map()))
    const known = partitions.get(partition)
    if (known === undefined) {
      this.lingers = true
      partitions.set(partition, { offset, leaderEpoch, metadata, committedAt })
      this.size++
      return
    }
    known.offset = offset
    known.leaderEpoch = leaderEpoch
    known.metadata = metadata
    known.committedAt = committedAt
  }

  remove(topic: string, partition: number): void {
    const partitions = this.topics.get(topic)
    if (partitions === undefined) return
    if (partitions.delete(partition)) this.size--
    if (partitions.size === 0) this.topics.delete(topic)
  }

  /** Forgets a whole topic; false if nothing was known of it. */
  removeTopic(topic: string): boolean {
    this.size -= this.topics.get(topic)?.size ?? 0
    return this.topics.delete(topic)
  }

  clear(): void {
    this.topics.clear()
    this.size = 0
    this.lingers = false
  }
}
