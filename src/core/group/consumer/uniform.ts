import type { AssignedMember, PartitionCount } from './assigned-member.ts'
import { type Assignment, AssignmentBuilder } from './assignment.ts'
import { assignMixed } from './uniform-mixed.ts'

/**
 * As many partitions for each member as for any other, give or take one, whichever topics they are of; nobody loses a partition that does not have to. Where
 * members read different topics the balance is found step by step.
 */
export function assignUniform(members: readonly AssignedMember[], partitions: PartitionCount): Assignment[] {
  if (members.length === 0) return []
  return readSame(members) ? assignAlike(members, partitions) : assignMixed(members, partitions)
}

function readSame(members: readonly AssignedMember[]): boolean {
  const first = new Set(members[0]!.topicIds)
  return members.every(({ topicIds }) => topicIds.length === first.size && topicIds.every((id) => first.has(id)))
}

function assignAlike(members: readonly AssignedMember[], partitions: PartitionCount): Assignment[] {
  const topicIds = members[0]!.topicIds
  let total = 0
  for (const topicId of topicIds) total += partitions(topicId)
  const least = Math.floor(total / members.length)
  let extras = total % members.length
  const quotas = members.map(() => (extras-- > 0 ? least + 1 : least))
  const builders = members.map(() => new AssignmentBuilder())
  const taken = new Map<string, Set<number>>(topicIds.map((topicId) => [topicId, new Set()]))
  members.forEach(({ before }, i) => {
    for (const [topicId, kept] of before) {
      const owners = taken.get(topicId)
      if (owners === undefined) continue
      for (const partition of kept) {
        if (partition >= partitions(topicId) || quotas[i] === 0 || owners.has(partition)) continue
        quotas[i]!--
        owners.add(partition)
        builders[i]!.add(topicId, partition)
      }
    }
  })
  let next = 0
  for (const topicId of topicIds) {
    const owners = taken.get(topicId)!
    for (let partition = 0; partition < partitions(topicId); partition++) {
      if (owners.has(partition)) continue
      while (quotas[next] === 0) next++
      quotas[next]!--
      builders[next]!.add(topicId, partition)
    }
  }
  return builders.map((builder) => builder.build())
}
