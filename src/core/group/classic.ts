import { assert } from '../../std/assert.ts'
import {
  type GroupImage,
  type GroupLimits,
  type GroupRecord,
  type JoinReply,
  NO_TOKEN,
  type Out,
  type Refusal,
  type Reply,
  type Token,
} from './commands.ts'
import { type ConsumerFact, ConsumerGroup } from './consumer/consumer-group.ts'
import { durableMember, type Member, metadataOf, NOTHING, restoredMember, selectProtocol } from './members.ts'
import { Offsets } from './offsets.ts'
import { topicsRead } from './topics-read.ts'

/** The words are those of DescribeGroups and ListGroups. */
export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead'

/**
 * Empty: no members. PreparingRebalance: waits until all members have joined again. CompletingRebalance: the members
 * have their generation, the leader assigns. Stable: assigned. Dead: forgotten.
 */
const TRANSITIONS: Record<GroupState, readonly GroupState[]> = {
  Empty: ['PreparingRebalance', 'Dead'],
  PreparingRebalance: ['CompletingRebalance', 'Empty', 'Dead'],
  CompletingRebalance: ['Stable', 'PreparingRebalance', 'Dead'],
  Stable: ['PreparingRebalance', 'Dead'],
  Dead: [],
}

/**
 * A consumer group of the classic protocol, as the coordinator sees it. Durable are `image` and `offsets`, written by
 * `apply` and by `offsets` alone; everything else is volatile and starts from the image again.
 */
export class Group {
  readonly name: string
  readonly limits: GroupLimits
  /** The last complete generation; null when there was none or the group was deleted. */
  image: GroupImage | null = null
  readonly offsets = new Offsets()

  /** The group as the consumer protocol has it, and then all that is classic about it is empty; null while it follows the classic protocol. */
  consumer: ConsumerGroup | null = null

  state: GroupState = 'Empty'
  generation = 0
  /** The highest generation that was given out, also before a restart. */
  given = 0
  protocolType = ''
  protocol: string | null = null
  leader: string | null = null
  /** What the members read, as they said when the generation began; null where that can't be known, or there was none. */
  subscribed: ReadonlySet<string> | null = null
  readonly members = new Map<string, Member>()
  /** Instance ids and who has them. */
  readonly statics = new Map<string, string>()
  /** Ids that were given out and not used to join yet, with the deadline for that. */
  readonly pending = new Map<string, number>()
  /** An id was given out: as in Kafka a group stays until the next sweep even if nobody joins with it. Not durable. */
  lingers = false
  /** End of the join phase, whoever is missing then. */
  joinDeadline = Number.POSITIVE_INFINITY
  /** The join phase is the wait for more members of a group that was empty. */
  gathering = false
  gatheringLeftMs = 0
  /** Somebody new came during the last wait. */
  gathered = false
  /** Who has not sent its SyncGroup by then is removed. */
  syncDeadline = Number.POSITIVE_INFINITY
  /** Never after the earliest deadline: when the next `tick` is due. */
  wake = Number.POSITIVE_INFINITY
  /** The journal position after the group's last record: what every answer about it waits for. */
  changedAt = 0

  constructor(name: string, limits: GroupLimits) {
    this.name = name
    this.limits = limits
  }

  /** Remembers a fact; the only writer of `image`. */
  apply(record: GroupRecord): void {
    if ('given' in record) {
      const { given, protocolType, changedAt } = record
      const none = { generation: 0, given, protocolType, protocol: null, leader: null, changedAt, members: [] }
      this.image = this.image === null ? none : { ...this.image, given: Math.max(this.image.given, given) }
      return
    }
    this.image = record.image
    if (record.image !== null) return
    this.offsets.clear()
    this.consumer = null
  }

  /** Remembers a fact of the consumer protocol; the only writer of `consumer`. */
  applyConsumer(fact: ConsumerFact): void {
    if (fact.kind === 'dissolved') {
      this.consumer = null
      return
    }
    this.consumer ??= new ConsumerGroup()
    this.image = null
    this.consumer.apply(fact)
  }

  /** Leaves all that is classic behind: the consumer protocol takes over. */
  vacate(): void {
    this.members.clear()
    this.statics.clear()
    this.pending.clear()
    this.state = 'Empty'
    this.generation = this.given = 0
    this.protocolType = ''
    this.protocol = this.leader = this.subscribed = null
    this.joinDeadline = this.syncDeadline = Number.POSITIVE_INFINITY
    this.gathering = false
  }

  /** Takes over from the consumer protocol: a stable group with these members, who are assigned already. */
  moveIn(generation: number, members: readonly Member[]): void {
    this.generation = generation
    this.given = Math.max(this.given, generation)
    this.protocolType = 'consumer'
    for (const member of members) {
      this.add(member)
      this.alarm(member.sessionDeadline)
    }
    this.choose()
    this.state = 'Stable'
  }

  /** After recovery: starts from the image, with a new session for each member. */
  restore(now: number, sessionTimeoutMs: number): void {
    if (this.consumer !== null) this.restoreConsumer(this.consumer, now, sessionTimeoutMs)
    const image = this.image
    if (image === null) return
    this.generation = image.generation
    this.given = image.given
    this.protocolType = image.protocolType
    this.protocol = image.protocol
    this.leader = image.leader
    for (const one of image.members) {
      const member = restoredMember(one, now)
      this.members.set(member.memberId, member)
      if (member.instanceId !== null) this.statics.set(member.instanceId, member.memberId)
      this.alarm(member.sessionDeadline)
    }
    this.subscribed = topicsRead(this)
    this.state = this.members.size === 0 ? 'Empty' : 'Stable'
  }

  /** A generation begins: its protocol, and what its members read. */
  choose(): void {
    this.protocol = this.members.size === 0 ? null : selectProtocol(this.members.values())
    this.subscribed = topicsRead(this)
  }

  /** Whether somebody is in it, or on the way to be. */
  get hasMembers(): boolean {
    return this.state !== 'Empty' || (this.consumer !== null && this.consumer.members.size > 0)
  }

  private restoreConsumer(consumer: ConsumerGroup, now: number, sessionTimeoutMs: number): void {
    consumer.recovered()
    for (const member of consumer.members.values()) {
      const { classic, rebalanceTimeoutMs } = member.subscription
      member.sessionDeadline = now + (classic?.sessionTimeoutMs ?? sessionTimeoutMs)
      if (classic === null && member.current.state === 'unrevoked') member.rebalanceDeadline = now + rebalanceTimeoutMs
      this.alarm(Math.min(member.sessionDeadline, member.rebalanceDeadline))
    }
  }

  to(state: GroupState): void {
    assert(TRANSITIONS[this.state].includes(state), `group ${this.name} cannot go from ${this.state} to ${state}`)
    this.state = state
  }

  /** A deadline came into being. */
  alarm(deadline: number): void {
    if (deadline < this.wake) this.wake = deadline
  }

  heardOf(member: Member, now: number): void {
    member.sessionDeadline = now + member.sessionTimeoutMs
    this.alarm(member.sessionDeadline)
  }

  /** Whether somebody with this id belongs to the group, and with this instance id owns it. */
  refusalFor(memberId: string, instanceId: string | null): Refusal {
    if (instanceId !== null) {
      const owner = this.statics.get(instanceId)
      if (owner === undefined) return 'unknown-member-id'
      if (owner !== memberId) return 'fenced-instance-id'
    }
    return this.members.has(memberId) ? 'none' : 'unknown-member-id'
  }

  isConsumerGroup(): boolean {
    return this.protocolType === 'consumer'
  }

  /** The longest of the members' rebalance time-outs. */
  rebalanceTimeoutMs(): number {
    let longest = 0
    for (const member of this.members.values()) longest = Math.max(longest, member.rebalanceTimeoutMs)
    return longest
  }

  add(member: Member): void {
    if (this.members.size === 0) this.leader = member.memberId
    this.members.set(member.memberId, member)
    if (member.instanceId !== null) this.statics.set(member.instanceId, member.memberId)
    this.pending.delete(member.memberId)
  }

  /** Takes a member out; what it has parked is answered with `error`. */
  remove(member: Member, error: Refusal, out: Out): void {
    this.refuseParked(member, error, out)
    this.members.delete(member.memberId)
    if (member.instanceId !== null && this.statics.get(member.instanceId) === member.memberId) {
      this.statics.delete(member.instanceId)
    }
    if (this.leader === member.memberId) this.leader = this.members.keys().next().value ?? null
  }

  refuseParked(member: Member, error: Refusal, out: Out): void {
    this.answerJoin(member, joinRefusal(error, error === 'unknown-member-id' ? '' : member.memberId), out)
    this.answerSync(member, error, out)
  }

  answerJoin(member: Member, reply: JoinReply, out: Out): void {
    if (member.join === NO_TOKEN) return
    answer(out, member.join, reply)
    member.join = NO_TOKEN
  }

  answerSync(member: Member, error: Refusal, out: Out): void {
    if (member.sync === NO_TOKEN) return
    answer(out, member.sync, this.syncReply(member, error))
    member.sync = NO_TOKEN
  }

  syncReply(member: Member | null, error: Refusal): Reply {
    const fine = error === 'none'
    return {
      kind: 'sync',
      error,
      protocolType: fine ? this.protocolType : null,
      protocolName: fine ? this.protocol : null,
      assignment: fine && member !== null ? member.assignment : NOTHING,
    }
  }

  /** What a member learns about the current generation. */
  joinReply(member: Member): JoinReply {
    return {
      kind: 'join',
      error: 'none',
      generation: this.generation,
      protocolType: this.protocolType,
      protocolName: this.protocol,
      leader: this.leader ?? '',
      skipAssignment: false,
      memberId: member.memberId,
      members: member.memberId === this.leader ? this.roster() : [],
    }
  }

  /** All members with what they said under the selected protocol. */
  roster(): JoinReply['members'] {
    return [...this.members.values()].map((one) => ({
      memberId: one.memberId,
      instanceId: one.instanceId,
      metadata: metadataOf(one, this.protocol),
    }))
  }

  /** Begins a generation that never was. */
  nextGeneration(): void {
    this.generation = ++this.given
  }

  /** Puts on record that the generation has been given out, and no more: it counts when it is assigned. */
  rememberGiven(out: Out): void {
    out.records.push({ given: this.given, protocolType: this.protocolType, changedAt: out.time })
  }

  /** Puts the group as it stands on record. */
  remember(out: Out): void {
    out.records.push({
      image: {
        generation: this.generation,
        given: this.given,
        protocolType: this.protocolType,
        protocol: this.protocol,
        leader: this.leader,
        changedAt: out.time,
        members: [...this.members.values()].map(durableMember),
      },
    })
  }
}

export function joinRefusal(error: Refusal, memberId: string): JoinReply {
  return {
    kind: 'join',
    error,
    generation: -1,
    protocolType: null,
    protocolName: null,
    leader: '',
    skipAssignment: false,
    memberId,
    members: [],
  }
}

export function answer(out: Out, token: Token, reply: Reply): void {
  out.replies.push({ token, reply })
}
