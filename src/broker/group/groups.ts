import { Group } from '../../core/group/classic.ts'
import {
  type Command,
  GROUP_LIMITS,
  type GroupLimits,
  NO_TOKEN,
  type Out,
  type Reply,
  type Token,
} from '../../core/group/commands.ts'
import type { ConsumerHeartbeat, HeartbeatReply, Refused } from '../../core/group/consumer/consumer-command.ts'
import { consumerHeartbeat } from '../../core/group/consumer/heartbeat.ts'
import type { World } from '../../core/group/consumer/world.ts'
import { isForgettable } from '../../core/group/expiry.ts'
import { handle } from '../../core/group/handle.ts'
import { assert } from '../../std/assert.ts'
import type { Broker } from '../broker.ts'
import { Record } from '../records.ts'
import type { Shares } from '../share/shares.ts'
import type { Timer } from '../timers.ts'
import { writeConsumerFact } from './consumer-record.ts'
import { consumerRoom } from './consumer-room.ts'
import type { GroupConfigs } from './group-configs.ts'
import { groupRoom, writeGroup } from './group-record.ts'
import type { GroupTopics } from './topics-view.ts'

/** Called once with what the group answers, and the journal position that the answer has read. */
export type Answer = (reply: Reply, position: number) => void

/** What a group without members and one of its offsets take in memory, measured. */
const GROUP_BYTES = 1400
const OFFSET_BYTES = 200
/** How long a deadline waits for room in the journal before it is looked at again. */
const RETRY_MS = 100

/** All consumer groups, their timers, and the requests that are parked in them. */
export class Groups {
  readonly broker: Broker
  readonly limits: GroupLimits
  readonly byName = new Map<string, Group>()
  /** The journal position after the last deletion of a group: what an answer that misses one waits for. */
  deletedAt = 0
  private readonly out: Out = { time: 0, records: [], facts: [], replies: [] }
  /** Set by `registerGroupFold`, with what follows. */
  topics!: GroupTopics
  configs!: GroupConfigs
  /** Groups of the other kind, whose names are taken. */
  shares!: Shares
  private readonly parked = new Map<Token, Answer>()
  private readonly timers = new Map<Group, Timer>()
  private lastToken = 0

  constructor(broker: Broker, limits: Partial<GroupLimits> = {}) {
    this.broker = broker
    this.limits = { ...GROUP_LIMITS, ...limits }
    broker.memory.holders.push(() => this.bytes())
  }

  /** Memory that all groups take, roughly. */
  private bytes(): number {
    let bytes = 0
    for (const group of this.byName.values()) {
      bytes += GROUP_BYTES + group.offsets.size * OFFSET_BYTES
      if (group.members.size > 0 || group.consumer !== null) bytes += this.roomFor(group, 0)
    }
    return bytes
  }

  get(name: string): Group | undefined {
    return this.byName.get(name)
  }

  /** The group of that name, which comes into being when it is first asked for. */
  open(name: string): Group {
    let group = this.byName.get(name)
    if (group === undefined) this.byName.set(name, (group = new Group(name, this.limits)))
    return group
  }

  /** A token for a command: `answer` is called with the reply to it. */
  park(answer: Answer): Token {
    this.parked.set(++this.lastToken, answer)
    return this.lastToken
  }

  /** Hands a command to a group, journals what it decides and answers whom it answers. The room has been asked for. */
  handle(group: Group, command: Command): void {
    const { out, broker } = this
    assert(out.records.length === 0 && out.replies.length === 0, 'a group command inside another')
    out.time = broker.env.clock.now()
    handle(group, command, this.worldOf(group), broker.env.clock.elapsed(), out)
    this.finish(group)
  }

  /** ConsumerGroupHeartbeat. The room has been asked for. `atOnce`: a new assignment does not wait for others that may come. */
  heartbeat(group: Group, command: ConsumerHeartbeat, atOnce = false): HeartbeatReply | Refused {
    const { out, broker } = this
    out.time = broker.env.clock.now()
    const { topics, consumer } = this.worldOf(group)
    const world = { topics, consumer: atOnce ? { ...consumer, assignmentIntervalMs: 0 } : consumer }
    const reply = consumerHeartbeat(group, command, world, broker.env.clock.elapsed(), out)
    this.finish(group)
    return reply
  }

  private worldOf(group: Group): World {
    return { topics: this.topics, consumer: this.configs.consumerOf(group.name) }
  }

  /** Journals what was decided, and answers. */
  private finish(group: Group): void {
    const { out } = this
    for (const fact of out.facts) this.append(group, Record.consumerGroup, writeConsumerFact(group.name, fact))
    out.facts.length = 0
    for (const record of out.records) {
      this.append(group, Record.group, writeGroup(group.name, record))
      group.apply(record)
    }
    out.records.length = 0
    const replies = out.replies.splice(0)
    this.settle(group)
    for (const { token, reply } of replies) {
      if (token === NO_TOKEN) continue
      const answer = this.parked.get(token)
      assert(answer !== undefined, 'a group answers a request that is not parked')
      this.parked.delete(token)
      answer(reply, group.changedAt)
    }
  }

  /** Keeps the timer and the list of groups in step with what a group has become. */
  settle(group: Group): void {
    const isKept = group.image !== null || group.consumer !== null
    const isGone =
      group.state === 'Dead' || (!isKept && !group.lingers && !group.offsets.lingers && isForgettable(group))
    if (isGone && this.byName.get(group.name) === group) this.byName.delete(group.name)
    if (isGone) this.deletedAt = Math.max(this.deletedAt, group.changedAt)
    const timer = this.timers.get(group)
    const wake = isGone ? Number.POSITIVE_INFINITY : group.wake
    if (timer !== undefined) {
      if (timer.deadline <= wake && wake !== Number.POSITIVE_INFINITY) return
      this.broker.timers.clear(timer)
      this.timers.delete(group)
    }
    if (wake !== Number.POSITIVE_INFINITY) this.arm(group, wake - this.broker.env.clock.elapsed())
  }

  /** Bytes of journal that a command to this group takes at most; `more` is what it brings. */
  roomFor(group: Group, more: number): number {
    const classic = groupRoom(group.name, group.protocolType, group.members.values(), more)
    return classic + consumerRoom(group, this.topics)
  }

  /**
   * Calls `run(true)` when the journal has room for `bytes`, as a rule at once; `run(false)` if it cannot be waited for, because the
   * disk is full or no record is that long.
   */
  whenRoom(bytes: number, run: (hasRoom: boolean) => void): void {
    const { broker } = this
    if (broker.hasRoomForSettlement(bytes)) run(true)
    else if (broker.store.journal.full || bytes > broker.store.journal.longest) run(false)
    else {
      broker.store.journal.want(bytes)
      broker.whenRoom(() => this.whenRoom(bytes, run))
    }
  }

  /** Appends a record about a group and notes the position. */
  append(group: Group, type: number, payload: Uint8Array): void {
    const { store, arena, turn } = this.broker
    const at = store.journal.append(type, payload.length)
    arena.bytes.set(payload, at)
    group.changedAt = store.journal.tail
    turn.touch()
  }

  /** A topic was deleted: nobody goes on reading it. */
  forgetTopic(topic: string, position: number): void {
    for (const group of [...this.byName.values()]) {
      if (!group.offsets.removeTopic(topic)) continue
      group.changedAt = position
      this.settle(group)
    }
  }

  /** After recovery: the members' sessions begin anew. */
  restore(): void {
    const now = this.broker.env.clock.elapsed()
    for (const group of [...this.byName.values()]) {
      group.restore(now, this.configs.consumerOf(group.name).sessionTimeoutMs)
      this.settle(group)
    }
  }

  private arm(group: Group, delayMs: number): void {
    this.timers.set(
      group,
      this.broker.timers.after(delayMs, () => this.tick(group)),
    )
  }

  private tick(group: Group): void {
    this.timers.delete(group)
    // Of a classic group a tick writes one record at most, and never one with members in it.
    const room = groupRoom(group.name, group.protocolType, [], 0) + consumerRoom(group, this.topics)
    if (this.broker.hasRoomForSettlement(room)) this.handle(group, { kind: 'tick' })
    else this.arm(group, RETRY_MS)
  }
}
