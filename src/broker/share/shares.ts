import type { Run } from '../../core/delivery/window.ts'
import type { HeartbeatReply, Refused } from '../../core/group/consumer/consumer-command.ts'
import type { ShareFact } from '../../core/group/share/share-group.ts'
import { ShareGroup } from '../../core/group/share/share-group.ts'
import {
  type ShareHeartbeat,
  type ShareWorld,
  shareHeartbeat,
  tickShare,
} from '../../core/group/share/share-heartbeat.ts'
import type { Partition } from '../../core/partition/partition.ts'
import type { Broker } from '../broker.ts'
import type { GroupConfigs } from '../group/group-configs.ts'
import type { GroupTopics } from '../group/topics-view.ts'
import { Record } from '../records.ts'
import type { Timer } from '../timers.ts'
import type { Topics } from '../topic/topics.ts'
import { SharePartition } from './share-partition.ts'
import { type ShareStateFact, stateRoom, writeShareFact, writeShareState } from './share-record.ts'
import { ShareSessions } from './share-sessions.ts'

/** `group.share.max.size` */
const MAX_SIZE = 200
/** How long a deadline waits for room in the journal before it is looked at again. */
const RETRY_MS = 100
/** A member in memory, roughly. */
const MEMBER_BYTES = 600
/** Journal bytes that one step of a group's members takes beside what a request brings. */
const STEP_BYTES = 1024

/** All share groups: their members, and how far they have come in partitions. */
export class Shares {
  readonly broker: Broker
  readonly topics: Topics
  readonly configs: GroupConfigs
  private readonly view: GroupTopics
  readonly sessions = new ShareSessions()
  readonly byName = new Map<string, ShareGroup>()
  /** By group, then by topic id and number. */
  readonly partitions = new Map<string, Map<string, SharePartition>>()
  /** The journal position after the last deletion. */
  deletedAt = 0
  private readonly timers = new Map<ShareGroup, Timer>()

  constructor(broker: Broker, topics: Topics, configs: GroupConfigs, view: GroupTopics) {
    this.broker = broker
    this.topics = topics
    this.configs = configs
    this.view = view
    broker.memory.holders.push(() => this.bytes())
  }

  private bytes(): number {
    let bytes = 0
    for (const group of this.byName.values()) bytes += MEMBER_BYTES * (1 + group.members.size)
    for (const partitions of this.partitions.values()) {
      for (const { window } of partitions.values()) bytes += 300 + (window?.bytes ?? 0)
    }
    return bytes
  }

  /** The group of that name, which comes into being when it is first asked for. */
  open(name: string): ShareGroup {
    let group = this.byName.get(name)
    if (group === undefined) this.byName.set(name, (group = new ShareGroup(name)))
    return group
  }

  /** A group without members. The room has been asked for. */
  create(name: string): void {
    const group = this.open(name)
    const fact = { kind: 'group' as const, epoch: 1, topicsHash: 0 }
    group.apply(fact)
    this.journal(group, [fact])
  }

  partition(group: string, topicId: string, number: number): SharePartition {
    let partitions = this.partitions.get(group)
    if (partitions === undefined) this.partitions.set(group, (partitions = new Map()))
    const key = `${topicId}:${number}`
    let partition = partitions.get(key)
    if (partition === undefined) partitions.set(key, (partition = new SharePartition(group, topicId, number)))
    return partition
  }

  known(group: string, topicId: string, number: number): SharePartition | undefined {
    return this.partitions.get(group)?.get(`${topicId}:${number}`)
  }

  logOf({ topicId, number }: SharePartition): Partition | undefined {
    return this.topics.byId.get(topicId)?.partitions[number]
  }

  worldOf(group: string): ShareWorld {
    const { configs } = this
    return {
      topics: this.view,
      sessionTimeoutMs: configs.number(group, 'share.session.timeout.ms'),
      heartbeatIntervalMs: configs.number(group, 'share.heartbeat.interval.ms'),
      maxSize: MAX_SIZE,
    }
  }

  /** ShareGroupHeartbeat. The room has been asked for. */
  heartbeat(group: ShareGroup, command: ShareHeartbeat): HeartbeatReply | Refused {
    const facts: ShareFact[] = []
    const reply = shareHeartbeat(group, command, this.worldOf(group.name), this.broker.env.clock.elapsed(), facts)
    this.journal(group, facts)
    if (command.memberEpoch < 0 && reply.ok) this.endSession(group.name, command.memberId)
    return reply
  }

  private journal(group: ShareGroup, facts: readonly ShareFact[]): void {
    for (const fact of facts) group.changedAt = this.append(Record.shareGroup, writeShareFact(group.name, fact))
    this.settle(group)
  }

  private append(type: number, payload: Uint8Array): number {
    const { store, arena, turn } = this.broker
    const at = store.journal.append(type, payload.length)
    arena.bytes.set(payload, at)
    turn.touch()
    return store.journal.tail
  }

  /** Keeps the timer and the list of groups in step with what a group has become. */
  settle(group: ShareGroup): void {
    if (group.epoch === 0 || group.deleted) {
      if (this.byName.get(group.name) === group) this.byName.delete(group.name)
    }
    const timer = this.timers.get(group)
    if (timer !== undefined) {
      if (timer.deadline <= group.wake && !group.deleted) return
      this.broker.timers.clear(timer)
      this.timers.delete(group)
    }
    if (group.wake === Number.POSITIVE_INFINITY || group.deleted) return
    this.arm(group, group.wake - this.broker.env.clock.elapsed())
  }

  private arm(group: ShareGroup, delayMs: number): void {
    this.timers.set(
      group,
      this.broker.timers.after(delayMs, () => this.tick(group)),
    )
  }

  private tick(group: ShareGroup): void {
    this.timers.delete(group)
    if (!this.broker.hasRoomForSettlement(group.members.size * STEP_BYTES)) {
      this.arm(group, RETRY_MS)
      return
    }
    const facts: ShareFact[] = []
    const late = tickShare(group, this.worldOf(group.name), this.broker.env.clock.elapsed(), facts)
    this.journal(group, facts)
    for (const memberId of late) this.endSession(group.name, memberId)
  }

  /** Forgets an empty group and how far it has come. The room has been asked for. */
  delete(group: ShareGroup): void {
    group.apply({ kind: 'deleted' })
    this.journal(group, [{ kind: 'deleted' }])
    this.deletedAt = group.changedAt
    this.partitions.delete(group.name)
  }

  /** Puts on record what became of some records, and lets it be so. Returns false, and does nothing, if there is no room. */
  record(share: SharePartition, runs: readonly Run[]): boolean {
    if (runs.length === 0) return true
    const { group, topicId, number: partition } = share
    if (!this.broker.hasRoomForSettlement(stateRoom(group, topicId, runs.length))) return false
    this.recordState(share, { kind: 'state', partition, runs })
    for (const run of runs) share.window!.apply(run)
    share.wake()
    return true
  }

  /** Gives up records that were handed out, and that the group is not to see. Without room they come back when their time is over. */
  hide(
    share: SharePartition,
    owner: number,
    spans: readonly { readonly first: number; readonly last: number }[],
  ): void {
    const runs: Run[] = []
    for (const { first, last } of spans) share.window?.hidden(owner, first, last, runs)
    this.record(share, runs)
  }

  /** From now on the group reads the partition from this offset. The room has been asked for. */
  startAt(share: SharePartition, offset: number): void {
    this.recordState(share, { kind: 'start', partition: share.number, offset })
    share.startAt(offset)
  }

  /** Forgets how far the group has come in a topic. The room has been asked for. */
  forget(group: string, topicId: string): void {
    const position = this.append(Record.shareState, writeShareState(group, topicId, { kind: 'forgotten' }))
    this.forgotten(group, topicId)
    this.deletedAt = position
  }

  /** Live, and at recovery. */
  forgotten(group: string, topicId: string): void {
    const partitions = this.partitions.get(group)
    for (const [key, share] of partitions ?? []) {
      if (share.topicId !== topicId) continue
      if (share.timer !== null) this.broker.timers.clear(share.timer)
      partitions!.delete(key)
    }
    if (partitions?.size === 0) this.partitions.delete(group)
  }

  private recordState(share: SharePartition, fact: ShareStateFact): void {
    share.changedAt = this.append(Record.shareState, writeShareState(share.group, share.topicId, fact))
  }

  /** Gives back all that a member's session has; its next fetch has to begin another one. */
  endSession(group: string, memberId: string): void {
    const session = this.sessions.end(group, memberId)
    if (session === null) return
    for (const { topicId, number } of session.partitions.values()) {
      const share = this.known(group, topicId, number)
      if (share !== undefined) this.giveBack(share, session.owner)
    }
  }

  /** Gives back what a session has of one partition. Without room it comes back when its time is over. */
  giveBack(share: SharePartition, owner: number): void {
    const runs: Run[] = []
    share.window?.releasedBy(owner, this.deliveryLimit(share.group), runs)
    this.record(share, runs)
  }

  deliveryLimit(group: string): number {
    return this.configs.number(group, 'share.delivery.count.limit')
  }

  /** Looks at the deadlines of a partition's records when the first of them has come. */
  watch(share: SharePartition, deadline: number): void {
    if (share.timer !== null && share.timer.entry >= 0 && share.timer.deadline <= deadline) return
    if (share.timer !== null) this.broker.timers.clear(share.timer)
    const delayMs = deadline - this.broker.env.clock.elapsed()
    share.timer = this.broker.timers.after(delayMs, () => this.expire(share))
  }

  private expire(share: SharePartition): void {
    share.timer = null
    const { window } = share
    if (window === null || this.known(share.group, share.topicId, share.number) !== share) return
    const now = this.broker.env.clock.elapsed()
    const runs: Run[] = []
    const next = window.expired(now, this.deliveryLimit(share.group), runs)
    if (!this.record(share, runs)) this.watch(share, now + RETRY_MS)
    else if (next !== Number.POSITIVE_INFINITY) this.watch(share, next)
  }
}
