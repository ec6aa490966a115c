import type { AssignedMember, PartitionCount } from './assigned-member.ts'
import { type Assignment, AssignmentBuilder } from './assignment.ts'

/** Rounds over all topics before what has been reached is taken for good. */
const MAX_ROUNDS = 16
const NOBODY = -1

interface Topic {
  readonly id: string
  /** Who has each partition: the number of a member. */
  readonly owners: Int32Array
  readonly readers: number[]
}

/**
 * The uniform assignment where members read different topics. Everybody keeps what he has; free partitions go to the reader that has the fewest; then
 * partitions move from the reader with the most to the one with the fewest, as long as that makes their difference smaller.
 */
export function assignMixed(members: readonly AssignedMember[], partitions: PartitionCount): Assignment[] {
  const load = new Int32Array(members.length)
  const topics = topicsOf(members, partitions)
  keep(members, topics, load)
  const ordered = [...topics.values()].sort(byDemand)
  for (const topic of ordered) giveFree(topic, load)
  const shared = ordered.filter((topic) => topic.readers.length > 1)
  for (let round = 0; round < MAX_ROUNDS; round++) {
    let moved = 0
    for (const topic of shared) moved += balance(topic, load)
    if (moved === 0) break
  }
  const builders = members.map(() => new AssignmentBuilder())
  for (const { id, owners } of topics.values()) {
    for (let partition = 0; partition < owners.length; partition++) builders[owners[partition]!]!.add(id, partition)
  }
  return builders.map((builder) => builder.build())
}

function topicsOf(members: readonly AssignedMember[], partitions: PartitionCount): Map<string, Topic> {
  const topics = new Map<string, Topic>()
  members.forEach(({ topicIds }, i) => {
    for (const id of topicIds) {
      let topic = topics.get(id)
      if (topic === undefined) {
        topics.set(id, (topic = { id, owners: new Int32Array(partitions(id)).fill(NOBODY), readers: [] }))
      }
      topic.readers.push(i)
    }
  })
  return topics
}

function keep(members: readonly AssignedMember[], topics: Map<string, Topic>, load: Int32Array): void {
  members.forEach(({ before, topicIds }, i) => {
    const reads = new Set(topicIds)
    for (const [id, kept] of before) {
      if (!reads.has(id)) continue
      const { owners } = topics.get(id)!
      for (const partition of kept) {
        if (partition >= owners.length || owners[partition] !== NOBODY) continue
        owners[partition] = i
        load[i]!++
      }
    }
  })
}

/** Most partitions for each reader first, then fewest readers, then by id. */
function byDemand(a: Topic, b: Topic): number {
  const demand = b.owners.length / b.readers.length - a.owners.length / a.readers.length
  return demand || a.readers.length - b.readers.length || (a.id < b.id ? -1 : 1)
}

function giveFree({ owners, readers }: Topic, load: Int32Array): void {
  const takers = new Ranking(readers, load, 1)
  for (let partition = 0; partition < owners.length; partition++) {
    if (owners[partition] !== NOBODY) continue
    const taker = takers.first()!
    owners[partition] = taker
    load[taker]!++
    takers.settle(taker)
  }
}

/** Moves partitions of one topic between its readers; returns how many. */
function balance({ owners, readers }: Topic, load: Int32Array): number {
  const owned = new Map<number, number[]>(readers.map((reader) => [reader, []]))
  for (let partition = 0; partition < owners.length; partition++) owned.get(owners[partition]!)!.push(partition)
  const givers = new Ranking(readers, load, -1)
  const takers = new Ranking(readers, load, 1)
  let moved = 0
  for (let giver = givers.first(); giver !== undefined; giver = givers.first()) {
    const taker = takers.first()!
    if (load[giver]! - load[taker]! <= 1) break
    const partition = owned.get(giver)!.pop()
    if (partition === undefined) {
      givers.dropFirst()
      continue
    }
    owners[partition] = taker
    load[giver]!--
    load[taker]!++
    for (const ranking of [givers, takers]) {
      ranking.settle(giver)
      ranking.settle(taker)
    }
    moved++
  }
  return moved
}

/** Readers in the order of what they have, rising or falling; of equals the first is the first of its members. */
class Ranking {
  private readonly readers: number[]
  private readonly load: Int32Array
  private readonly sign: number

  constructor(readers: readonly number[], load: Int32Array, sign: 1 | -1) {
    this.load = load
    this.sign = sign
    this.readers = [...readers].sort((a, b) => this.compare(a, b))
  }

  private compare(a: number, b: number): number {
    return this.sign * (this.load[a]! - this.load[b]! || a - b)
  }

  first(): number | undefined {
    return this.readers[0]
  }

  dropFirst(): void {
    this.readers.shift()
  }

  /** What one reader has is another number now: it goes to its place. */
  settle(reader: number): void {
    const { readers } = this
    let i = readers.indexOf(reader)
    if (i < 0) return
    while (i + 1 < readers.length && this.compare(readers[i + 1]!, reader) < 0) readers[i] = readers[++i]!
    while (i > 0 && this.compare(readers[i - 1]!, reader) > 0) readers[i] = readers[--i]!
    readers[i] = reader
  }
}
