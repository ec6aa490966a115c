import { subscriptionRoom } from '../../broker/group/consumer-room.ts'
import type { Timer } from '../../broker/timers.ts'
import type { Topic } from '../../broker/topic/topic.ts'
import { assignmentOf } from '../../core/group/consumer/assignment.ts'
import type { HeartbeatReply, Refused } from '../../core/group/consumer/consumer-command.ts'
import { PosthornError } from '../../sdk/posthorn-error.ts'
import type { Ground } from './ground.ts'

/** How long a member may take to give partitions back. */
const REBALANCE_MS = 300_000
const LEAVE = -1
/** Where members of this process are, as operators see it. */
const HERE = '/in-process'
/** What can be mended by joining anew. */
const LOST: readonly string[] = ['unknown-member-id', 'fenced-member-epoch', 'group-id-not-found', 'stale-member-epoch']

export interface MemberEvents {
  readonly assigned: (partitions: readonly number[]) => Promise<void>
  readonly revoked: (partitions: readonly number[]) => Promise<void>
  readonly ended: (error: Error) => void
}

/** Members of this process by their group: a change that one makes the others hear of at once, not at their next heartbeat. */
export class Memberships {
  private readonly groups = new Map<string, Set<Membership>>()

  add(group: string, member: Membership): void {
    const members = this.groups.get(group) ?? new Set()
    this.groups.set(group, members.add(member))
  }

  remove(group: string, member: Membership): void {
    const members = this.groups.get(group)
    members?.delete(member)
    if (members?.size === 0) this.groups.delete(group)
  }

  has(group: string, memberId: string): boolean {
    return [...(this.groups.get(group) ?? [])].some((member) => member.memberId === memberId)
  }

  changed(group: string, by: Membership | null): void {
    for (const member of this.groups.get(group) ?? []) if (member !== by) member.beatSoon()
  }
}

/** A member of a consumer group, as Kafka's consumer protocol has it (KIP-848), without a connection. */
export class Membership {
  private readonly ground: Ground
  private readonly members: Memberships
  private readonly group: string
  private readonly topic: Topic
  private readonly events: MemberEvents
  readonly memberId: string
  private epoch = 0
  private owned: readonly number[] = []
  private timer: Timer | null = null
  /** What is under way: one heartbeat after the other. */
  private beating: Promise<void> | null = null
  private again = false
  private left = false

  constructor(ground: Ground, members: Memberships, group: string, topic: Topic, events: MemberEvents) {
    this.ground = ground
    this.members = members
    this.group = group
    this.topic = topic
    this.events = events
    const bytes = new Uint8Array(16)
    ground.broker.env.random.fill(bytes)
    this.memberId = Buffer.from(bytes).toString('base64url')
  }

  /** Resolves when it has what the group gives to it now. */
  async join(): Promise<void> {
    this.members.add(this.group, this)
    await this.beat()
  }

  beatSoon(): void {
    this.beat().catch((error) => this.fail(error))
  }

  leave(): void {
    if (this.left) return
    this.left = true
    this.members.remove(this.group, this)
    if (this.timer !== null) this.ground.broker.timers.clear(this.timer)
    const group = this.ground.nouns.groups.get(this.group)
    if (group !== undefined && this.epoch > 0) this.say(LEAVE)
    this.members.changed(this.group, this)
  }

  private beat(): Promise<void> {
    this.again = true
    this.beating ??= this.run().finally(() => {
      this.beating = null
    })
    return this.beating
  }

  private async run(): Promise<void> {
    if (this.timer !== null) this.ground.broker.timers.clear(this.timer)
    this.timer = null
    let intervalMs = 0
    while (this.again && !this.left) {
      this.again = false
      await this.room()
      if (this.left) return
      if (this.epoch === 0) this.putOutTheDead()
      const before = this.epoch
      const reply = this.say(this.epoch)
      if (!reply.ok) {
        await this.lost(reply)
        continue
      }
      this.epoch = reply.memberEpoch
      intervalMs = reply.heartbeatIntervalMs
      const wanted = reply.assignment === null ? null : (reply.assignment.get(this.topic.id) ?? [])
      if (wanted !== null) await this.follow(wanted)
      if (this.epoch !== before) this.members.changed(this.group, this)
    }
    if (!this.left) this.timer = this.ground.broker.timers.after(intervalMs, () => this.beatSoon())
  }

  /** Who says to be in this process and is not was in one that was killed: nobody has to wait until its session ends. */
  private putOutTheDead(): void {
    const { groups } = this.ground.nouns
    const group = groups.get(this.group)
    for (const [memberId, { subscription }] of [...(group?.consumer?.members ?? [])]) {
      if (subscription.clientHost !== HERE || this.members.has(this.group, memberId)) continue
      groups.heartbeat(group!, { ...NOTHING_NEW, memberId, memberEpoch: LEAVE }, true)
    }
  }

  private async follow(wanted: readonly number[]): Promise<void> {
    const gone = this.owned.filter((number) => !wanted.includes(number))
    const more = wanted.filter((number) => !this.owned.includes(number))
    if (gone.length > 0) {
      await this.events.revoked(gone)
      this.members.changed(this.group, this)
    }
    this.owned = wanted
    if (gone.length > 0 || more.length > 0) this.again = true
    if (more.length > 0 && !this.left) await this.events.assigned(more)
  }

  /** The group knows it no more (its session has ended): it begins anew. */
  private async lost({ error, text }: Refused): Promise<void> {
    if (!LOST.includes(error)) throw new PosthornError('REFUSED', `group '${this.group}': ${text}`)
    this.ground.log.warn({ group: this.group, error }, 'the group knows this member no more: it joins again')
    const { owned } = this
    this.owned = []
    this.epoch = 0
    this.again = true
    if (owned.length > 0) await this.events.revoked(owned)
  }

  private async room(): Promise<void> {
    const { groups } = this.ground.nouns
    if (groups.shares.byName.has(this.group))
      throw new PosthornError('REFUSED', `group '${this.group}' is a share group`)
    const known = groups.get(this.group)
    const own = subscriptionRoom(this.group, [this.memberId], [this.topic.name], groups.topics, null)
    const room = (known === undefined ? 0 : groups.roomFor(known, 0)) + own
    return new Promise((resolve, reject) => {
      groups.whenRoom(room, (hasRoom) => {
        if (hasRoom) resolve()
        else reject(new PosthornError('UNAVAILABLE', `there is no room for group '${this.group}'`))
      })
    })
  }

  private say(memberEpoch: number): HeartbeatReply | Refused {
    const { groups } = this.ground.nouns
    const joins = memberEpoch === 0
    const beat = {
      ...NOTHING_NEW,
      memberId: this.memberId,
      memberEpoch,
      rebalanceTimeoutMs: joins ? REBALANCE_MS : -1,
      topics: joins ? [this.topic.name] : null,
      owned: assignmentOf(joins ? [] : [[this.topic.id, this.owned]]),
    }
    return groups.heartbeat(groups.open(this.group), beat, true)
  }

  private fail(error: Error): void {
    if (!this.left) this.events.ended(error)
  }
}

/** Puts the first member out of a group, as its operator may. False if the group has none. */
export function putOut({ nouns, broker }: Ground, members: Memberships, name: string): boolean {
  const { groups } = nouns
  const group = groups.get(name)
  const memberId = [...(group?.consumer?.members.keys() ?? group?.members.keys() ?? [])][0]
  if (group === undefined || memberId === undefined) return false
  if (group.consumer === null) {
    const token = groups.park(() => {})
    groups.handle(group, { kind: 'leave', token, members: [{ memberId, instanceId: null }] })
  } else {
    groups.heartbeat(group, { ...NOTHING_NEW, memberId, memberEpoch: LEAVE }, true)
  }
  broker.turn.touch()
  members.changed(name, null)
  return true
}

const NOTHING_NEW = {
  instanceId: null,
  rackId: null,
  rebalanceTimeoutMs: -1,
  topics: null,
  regex: null,
  wrongRegex: null,
  sees: null,
  assignor: null,
  owned: null,
  clientId: 'posthorn',
  clientHost: HERE,
} as const
