import type { Assignment } from './assignment.ts'

/** A member as an assignor sees it. */
export interface AssignedMember {
  readonly memberId: string
  readonly instanceId: string | null
  /** Ids of the topics it reads, all of which are there. */
  readonly topicIds: readonly string[]
  /** Its target assignment so far. */
  readonly before: Assignment
}

/** How many partitions a topic has. */
export type PartitionCount = (topicId: string) => number

/** Gives every member its target, in the order of the members. */
export type Assignor = (members: readonly AssignedMember[], partitions: PartitionCount) => Assignment[]
