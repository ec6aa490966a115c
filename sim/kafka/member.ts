import { decode, encode } from '../../src/wire/kafka/codec.ts'
import { ErrorCode } from '../../src/wire/kafka/errors.ts'
import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
} from '../../src/wire/kafka/messages/consumer-protocol.ts'
import { HeartbeatRequest, HeartbeatResponse } from '../../src/wire/kafka/messages/heartbeat.ts'
import { JoinGroupRequest, JoinGroupResponse } from '../../src/wire/kafka/messages/join-group.ts'
import { LeaveGroupRequest, LeaveGroupResponse } from '../../src/wire/kafka/messages/leave-group.ts'
import { OffsetCommitRequest, OffsetCommitResponse } from '../../src/wire/kafka/messages/offset-commit.ts'
import { OffsetFetchRequest, OffsetFetchResponse } from '../../src/wire/kafka/messages/offset-fetch.ts'
import { SyncGroupRequest, SyncGroupResponse } from '../../src/wire/kafka/messages/sync-group.ts'
import { Reader } from '../../src/wire/kafka/reader.ts'
import type { Message } from '../../src/wire/kafka/schema.ts'
import { Writer } from '../../src/wire/kafka/writer.ts'
import { rule } from '../failure.ts'
import type { Actor, World } from '../world.ts'
import { KafkaLink } from './link.ts'
import { GROUP, type KafkaModel, TOPIC } from './model.ts'

type State = 'away' | 'joining' | 'syncing' | 'stable'

/** A member of the consumer group: joins, is given partitions, commits offsets, leaves or vanishes. */
export class Member implements Actor {
  private readonly world: World
  private readonly model: KafkaModel
  private readonly name: string
  private link: KafkaLink | null = null
  private state: State = 'away'
  private memberId = ''
  private generation = -1
  private owned: readonly number[] = []
  /** What was asked before this number belongs to an earlier state. */
  private round = 0
  private settledSince = 0

  constructor(world: World, model: KafkaModel, name: string) {
    this.world = world
    this.model = model
    this.name = name
  }

  begin(): void {
    this.later(50, () => this.connect())
  }

  drain(): void {
    this.settledSince = 0
  }

  /** In the end the group comes to rest, and this member has committed and read back something since. */
  done(): boolean {
    return this.state === 'stable' && this.settledSince >= 3
  }

  end(): void {}

  toString(): string {
    return `${this.name}: ${this.state}, generation ${this.generation}, owns ${this.owned.join(' ')}`
  }

  private later(most: number, run: () => void): void {
    this.world.clock.after(this.world.dice.unit() * most, run)
  }

  private connect(): void {
    const wire = this.world.net.connect(9092)
    if (wire === null) {
      this.later(50, () => this.connect())
      return
    }
    const link = new KafkaLink(wire, () => {
      if (this.link !== link) return
      this.link = null
      this.state = 'away'
      this.round++
      this.later(200, () => this.connect())
    })
    this.link = link
    this.later(50, () => this.join(link))
  }

  private join(link: KafkaLink): void {
    if (this.link !== link || !link.open) return
    const { dice } = this.world
    this.state = 'joining'
    this.settledSince = 0
    const round = ++this.round
    const metadata = packed(ConsumerProtocolSubscription, { topics: [TOPIC], userData: null })
    const request = {
      groupId: GROUP,
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 20_000,
      memberId: this.memberId,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata }],
    }
    link.ask(JoinGroupRequest, JoinGroupResponse, dice.between(2, 9), request, (answer) => {
      if (round !== this.round) return
      if (answer.errorCode === ErrorCode.MEMBER_ID_REQUIRED) {
        this.memberId = answer.memberId
        this.join(link)
        return
      }
      if (answer.errorCode !== 0) {
        this.again(link, answer.errorCode)
        return
      }
      rule(
        answer.generationId >= this.generation,
        `${this.name}: generation ${answer.generationId} after ${this.generation}`,
      )
      this.generation = answer.generationId
      this.memberId = answer.memberId
      const leads = answer.leader === this.memberId
      const members = answer.members.map((member) => member.memberId)
      rule(!leads || members.includes(this.memberId), `${this.name} leads a group it is not in`)
      this.sync(link, leads ? members : [])
    })
  }

  /** As leader: partitions in turn to the members. */
  private sync(link: KafkaLink, members: readonly string[]): void {
    const { dice } = this.world
    this.state = 'syncing'
    const round = ++this.round
    const assignments = members.map((memberId, i) => {
      const partitions = this.model.partitions.map((_, n) => n).filter((n) => n % members.length === i)
      return {
        memberId,
        assignment: packed(ConsumerProtocolAssignment, {
          assignedPartitions: [{ topic: TOPIC, partitions }],
          userData: null,
        }),
      }
    })
    const { generation: generationId, memberId } = this
    const request = {
      groupId: GROUP,
      generationId,
      memberId,
      protocolType: 'consumer',
      protocolName: 'range',
      assignments,
    }
    link.ask(SyncGroupRequest, SyncGroupResponse, dice.between(0, 5), request, (answer) => {
      if (round !== this.round) return
      if (answer.errorCode !== 0) {
        this.again(link, answer.errorCode)
        return
      }
      this.owned = unpacked(answer.assignment)
      this.model.owns(generationId, memberId, this.owned)
      this.state = 'stable'
      this.fetchOffsets(link)
      this.work(link, ++this.round)
    })
  }

  private work(link: KafkaLink, round: number): void {
    this.later(1500, () => {
      const { dice, draining } = this.world
      if (round !== this.round || this.link !== link || !link.open) return
      if (!draining && dice.chance(0.03)) {
        link.break(dice.pick(['reset', 'end'] as const))
        return
      }
      if (!draining && dice.chance(0.03)) {
        this.leave(link)
        return
      }
      this.heartbeat(link, round)
      if (this.owned.length > 0 && dice.chance(0.7)) this.commit(link, round)
      else this.fetchOffsets(link)
      this.work(link, round)
    })
  }

  private heartbeat(link: KafkaLink, round: number): void {
    const { generation: generationId, memberId } = this
    const request = { groupId: GROUP, generationId, memberId }
    link.ask(HeartbeatRequest, HeartbeatResponse, this.world.dice.between(0, 4), request, (answer) => {
      if (round === this.round && answer.errorCode !== 0) this.again(link, answer.errorCode)
    })
  }

  private commit(link: KafkaLink, round: number): void {
    const { generation, memberId } = this
    const partition = this.world.dice.pick(this.owned)
    const offset = this.model.nextOffset(partition)
    const partitions = [{ partitionIndex: partition, committedOffset: offset, committedMetadata: `${offset}` }]
    const topics = [{ name: TOPIC, partitions }]
    const request = { groupId: GROUP, generationIdOrMemberEpoch: generation, memberId, topics }
    link.ask(OffsetCommitRequest, OffsetCommitResponse, this.world.dice.between(2, 8), request, (answer) => {
      const { errorCode } = answer.topics[0]!.partitions[0]!
      if (errorCode === 0) {
        this.model.committed(partition, offset)
        this.settledSince++
      } else if (round === this.round) this.again(link, errorCode)
    })
  }

  private fetchOffsets(link: KafkaLink): void {
    const indexes = this.model.partitions.map((_, i) => i)
    const atLeast = this.model.partitions.map((model) => model.committed)
    const version = this.world.dice.between(1, 8)
    const topics = [{ name: TOPIC, partitionIndexes: indexes }]
    const request = version < 8 ? { groupId: GROUP, topics } : { groups: [{ groupId: GROUP, topics }] }
    link.ask(OffsetFetchRequest, OffsetFetchResponse, version, request, (answer) => {
      const told = version < 8 ? answer.topics : answer.groups[0]!.topics
      const errorCode = version < 8 ? answer.errorCode : answer.groups[0]!.errorCode
      if (errorCode !== 0) {
        rule(RETRIED.includes(errorCode), `${this.name}: offsets could not be fetched: error ${errorCode}`)
        return
      }
      for (const each of told[0]?.partitions ?? []) {
        if (each.errorCode !== 0) continue
        this.model.fetched(each.partitionIndex, each.committedOffset, atLeast[each.partitionIndex]!)
      }
      this.settledSince++
    })
  }

  private leave(link: KafkaLink): void {
    this.state = 'away'
    const round = ++this.round
    const { memberId } = this
    const version = this.world.dice.between(0, 5)
    const request = version < 3 ? { groupId: GROUP, memberId } : { groupId: GROUP, members: [{ memberId }] }
    link.ask(LeaveGroupRequest, LeaveGroupResponse, version, request, () => {
      this.memberId = ''
      if (round === this.round) this.later(3000, () => this.join(link))
    })
  }

  /** The coordinator wants us to join again, for one reason or another. */
  private again(link: KafkaLink, errorCode: number): void {
    rule(RETRIED.includes(errorCode), `${this.name}: error ${errorCode} while ${this.state}`)
    if (errorCode === ErrorCode.UNKNOWN_MEMBER_ID) this.memberId = ''
    this.state = 'away'
    this.owned = []
    this.round++
    this.later(100, () => this.join(link))
  }
}

const RETRIED: readonly number[] = [
  ErrorCode.REBALANCE_IN_PROGRESS,
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.ILLEGAL_GENERATION,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.KAFKA_STORAGE_ERROR,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
]

/** A consumer protocol message, version 0, as clients put it into group requests. */
function packed<M extends Message>(message: M, value: Parameters<typeof encode<M>>[3]): Uint8Array {
  const writer = new Writer()
  encode(message, 0, writer, value)
  return Uint8Array.from([0, 0, ...writer.joined()])
}

function unpacked(bytes: Uint8Array): readonly number[] {
  if (bytes.length === 0) return []
  const { assignedPartitions } = decode(ConsumerProtocolAssignment, 0, new Reader(bytes, 2))
  return assignedPartitions.flatMap(({ partitions }) => partitions)
}
