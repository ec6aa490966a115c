/** Partitions by topic id; the numbers rise, and no topic is there without one. Never changed once it is made. */
export type Assignment = ReadonlyMap<string, readonly number[]>

export const NO_PARTITIONS: Assignment = new Map()

/** Puts an assignment together from partitions in any order. */
export class AssignmentBuilder {
  private readonly topics = new Map<string, number[]>()

  add(topicId: string, partition: number): void {
    const partitions = this.topics.get(topicId)
    if (partitions === undefined) this.topics.set(topicId, [partition])
    else partitions.push(partition)
  }

  build(): Assignment {
    for (const partitions of this.topics.values()) partitions.sort((a, b) => a - b)
    return this.topics
  }
}

export function assignmentOf(entries: Iterable<readonly [topicId: string, partitions: Iterable<number>]>): Assignment {
  const topics = new Map<string, number[]>()
  for (const [topicId, partitions] of entries) {
    const unique = [...new Set([...(topics.get(topicId) ?? []), ...partitions])]
    if (unique.length > 0)
      topics.set(
        topicId,
        unique.sort((a, b) => a - b),
      )
  }
  return topics
}

export function sameAssignment(a: Assignment, b: Assignment): boolean {
  if (a === b) return true
  if (a.size !== b.size) return false
  for (const [topicId, partitions] of a) {
    const others = b.get(topicId)
    if (others === undefined || others.length !== partitions.length) return false
    for (let i = 0; i < partitions.length; i++) if (partitions[i] !== others[i]) return false
  }
  return true
}

/** The partitions of `a` for which `keep` says yes. */
export function filtered(a: Assignment, keep: (topicId: string, partition: number) => boolean): Assignment {
  const topics = new Map<string, readonly number[]>()
  for (const [topicId, partitions] of a) {
    const kept = partitions.filter((partition) => keep(topicId, partition))
    if (kept.length > 0) topics.set(topicId, kept)
  }
  return topics
}

/** The partitions of both. */
export function union(a: Assignment, b: Assignment): Assignment {
  if (b.size === 0) return a
  if (a.size === 0) return b
  return assignmentOf([...a, ...b])
}

/** A quick look-up of what an assignment has. */
export function membership(a: Assignment): (topicId: string, partition: number) => boolean {
  const sets = new Map<string, Set<number>>()
  for (const [topicId, partitions] of a) sets.set(topicId, new Set(partitions))
  return (topicId, partition) => sets.get(topicId)?.has(partition) ?? false
}

/** Whether all of `a` is in `b`. */
export function isWithin(a: Assignment, b: Assignment): boolean {
  const has = membership(b)
  for (const [topicId, partitions] of a) {
    for (const partition of partitions) if (!has(topicId, partition)) return false
  }
  return true
}

/** How many partitions it has. */
export function sizeOf(a: Assignment): number {
  let size = 0
  for (const partitions of a.values()) size += partitions.length
  return size
}
