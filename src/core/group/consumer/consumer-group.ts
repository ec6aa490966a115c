import { assert } from '../../../std/assert.ts'
import { type Assignment, NO_PARTITIONS, sizeOf } from './assignment.ts'
import { type ConsumerMember, type Current, isReconciled, NEW_MEMBER, type Subscription } from './member.ts'

/** The words are those of ConsumerGroupDescribe and ListGroups. */
export type ConsumerState = 'Empty' | 'Assigning' | 'Reconciling' | 'Stable'

/** A durable fact about a consumer group. The last one about a member, or about the group itself, counts. */
export type ConsumerFact =
  | { readonly kind: 'group'; readonly epoch: number; readonly targetEpoch: number; readonly topicsHash: number }
  | { readonly kind: 'member'; readonly subscription: Subscription }
  | { readonly kind: 'left'; readonly memberId: string }
  | { readonly kind: 'target'; readonly memberId: string; readonly assignment: Assignment }
  | { readonly kind: 'current'; readonly memberId: string; readonly current: Current }
  /** The group follows the consumer protocol no more. */
  | { readonly kind: 'dissolved' }

const NEVER = Number.POSITIVE_INFINITY

/**
 * A group of the consumer protocol (KIP-848), as the coordinator sees it. The group's epoch grows when its members, what they want to read, or the topics
 * change; the target assignment follows it, and each member follows the target on its own. Durable are the epochs and each member's three facts,
 * written by `apply` alone; deadlines are volatile and start anew.
 */
export class ConsumerGroup {
  epoch = 0
  /** The epoch for which the target assignment was made. */
  targetEpoch = 0
  /** Stands for the partitions of all topics that the members want to read, as of the group's epoch. */
  topicsHash = 0
  readonly members = new Map<string, ConsumerMember>()
  /** Instance ids and who has them. */
  readonly statics = new Map<string, string>()
  /** Who has a partition, or has not given it back yet. */
  private readonly owners = new Map<string, Map<number, string>>()
  /** Members of the classic protocol. */
  classicMembers = 0
  /** When the last target assignment was made. */
  assignedAt = Number.NEGATIVE_INFINITY
  /** The version of the topics for which `topicsHash` was looked at. */
  topicsVersion = -1

  /** How often members came, went, or wanted something else. */
  memberChanges = 0
  /** Partitions in all assignments that members were ever given. */
  partitionsGiven = 0

  /** Remembers a fact; the only writer of what is durable. */
  apply(fact: ConsumerFact): void {
    switch (fact.kind) {
      case 'group':
        this.epoch = fact.epoch
        this.targetEpoch = fact.targetEpoch
        this.topicsHash = fact.topicsHash
        break
      case 'member':
        this.subscribe(fact.subscription)
        break
      case 'left':
        this.forget(fact.memberId)
        break
      case 'target': {
        const member = this.members.get(fact.memberId)
        if (member !== undefined) member.target = fact.assignment
        this.partitionsGiven += sizeOf(fact.assignment)
        break
      }
      case 'current':
        this.move(fact.memberId, fact.current)
        break
      default:
    }
  }

  private subscribe(subscription: Subscription): void {
    this.memberChanges++
    const { memberId, instanceId, classic } = subscription
    const known = this.members.get(memberId)
    if (known?.subscription.classic != null) this.classicMembers--
    if (classic !== null) this.classicMembers++
    if (instanceId !== null) this.statics.set(instanceId, memberId)
    if (known !== undefined) {
      known.subscription = subscription
      return
    }
    this.members.set(memberId, {
      subscription,
      current: NEW_MEMBER,
      target: NO_PARTITIONS,
      sees: undefined,
      sessionDeadline: NEVER,
      rebalanceDeadline: NEVER,
      joinDeadline: NEVER,
      syncDeadline: NEVER,
    })
  }

  private forget(memberId: string): void {
    this.memberChanges++
    const member = this.members.get(memberId)
    if (member === undefined) return
    this.members.delete(memberId)
    const { instanceId, classic } = member.subscription
    if (classic !== null) this.classicMembers--
    if (instanceId !== null && this.statics.get(instanceId) === memberId) this.statics.delete(instanceId)
    this.disown(memberId, member.current)
  }

  private move(memberId: string, current: Current): void {
    this.partitionsGiven += sizeOf(current.assigned) + sizeOf(current.revoking)
    const member = this.members.get(memberId)
    if (member === undefined) return
    this.disown(memberId, member.current)
    member.current = current
    this.own(memberId, current.assigned)
    this.own(memberId, current.revoking)
  }

  private own(memberId: string, assignment: Assignment): void {
    for (const [topicId, partitions] of assignment) {
      let owners = this.owners.get(topicId)
      if (owners === undefined) this.owners.set(topicId, (owners = new Map()))
      for (const partition of partitions) owners.set(partition, memberId)
    }
  }

  private disown(memberId: string, { assigned, revoking }: Current): void {
    for (const assignment of [assigned, revoking]) {
      for (const [topicId, partitions] of assignment) {
        const owners = this.owners.get(topicId)
        if (owners === undefined) continue
        for (const partition of partitions) if (owners.get(partition) === memberId) owners.delete(partition)
        if (owners.size === 0) this.owners.delete(topicId)
      }
    }
  }

  /** After recovery, when facts older than the checkpoint may have passed by: who owns what is found again. */
  recovered(): void {
    this.owners.clear()
    this.statics.clear()
    this.classicMembers = 0
    for (const [memberId, { subscription, current }] of this.members) {
      if (subscription.classic !== null) this.classicMembers++
      if (subscription.instanceId !== null) this.statics.set(subscription.instanceId, memberId)
      this.own(memberId, current.assigned)
      this.own(memberId, current.revoking)
    }
  }

  /** Who has a partition or is to give it back; undefined if it is free. */
  ownerOf(topicId: string, partition: number): string | undefined {
    return this.owners.get(topicId)?.get(partition)
  }

  get state(): ConsumerState {
    if (this.members.size === 0) return 'Empty'
    if (this.epoch > this.targetEpoch) return 'Assigning'
    for (const { current } of this.members.values()) {
      if (!isReconciled(current, this.targetEpoch)) return 'Reconciling'
    }
    return 'Stable'
  }

  staticMember(instanceId: string): ConsumerMember | undefined {
    const memberId = this.statics.get(instanceId)
    return memberId === undefined ? undefined : this.members.get(memberId)
  }

  invariants(): void {
    const seen = new Set<string>()
    let classic = 0
    for (const [memberId, { subscription, current }] of this.members) {
      assert(subscription.memberId === memberId, 'a member under the name of another')
      if (subscription.classic !== null) classic++
      if (subscription.instanceId !== null) {
        assert(this.statics.get(subscription.instanceId) === memberId, 'a static member that does not own its id')
      }
      assert(current.epoch <= this.epoch, 'a member ahead of its group')
      assert((current.state === 'unrevoked') === current.revoking.size > 0, 'revoking and its state do not agree')
      for (const assignment of [current.assigned, current.revoking]) {
        for (const [topicId, partitions] of assignment) {
          for (const partition of partitions) {
            const key = `${topicId}:${partition}`
            assert(!seen.has(key), 'a partition with two owners')
            seen.add(key)
            assert(this.ownerOf(topicId, partition) === memberId, 'an owner that nobody knows of')
          }
        }
      }
    }
    assert(classic === this.classicMembers, 'classic members are counted wrongly')
    assert(this.targetEpoch <= this.epoch, 'a target assignment ahead of its group')
  }
}
