import { ErrorCode, errorName } from '../../src/wire/kafka/errors.ts'
import {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
} from '../../src/wire/kafka/messages/consumer-group-heartbeat.ts'
import { OffsetCommitRequest, OffsetCommitResponse } from '../../src/wire/kafka/messages/offset-commit.ts'
import { OffsetFetchRequest, OffsetFetchResponse } from '../../src/wire/kafka/messages/offset-fetch.ts'
import { rule } from '../failure.ts'
import type { KafkaLink } from '../kafka/link.ts'
import { TOPIC } from '../kafka/model.ts'
import type { World } from '../world.ts'
import { Client } from './client.ts'
import { CONSUMERS, type ConsumerModel } from './consumer-model.ts'

let lives = 0

/** A member of a group of the consumer protocol (KIP-848): beats, gives back what it is to, commits in its epoch, leaves or vanishes. */
export class ConsumerMember extends Client {
  private readonly model: ConsumerModel
  private readonly instanceId: string | null
  private memberId = ''
  private epoch = 0
  private topicId = ''
  private owned: readonly number[] = []
  /** Something changed since it last said what it has. */
  private untold = false
  private settled = 0

  constructor(world: World, model: ConsumerModel, name: string) {
    super(world, name)
    this.model = model
    this.instanceId = world.dice.chance(0.3) ? name : null
    this.renew()
  }

  /** A static member is the same one under every id. */
  private get who(): string {
    return this.instanceId ?? this.memberId
  }

  private renew(): void {
    this.memberId = `${this.name}.${++lives}`
    this.epoch = 0
    this.owned = []
  }

  drain(): void {
    this.settled = 0
  }

  done(): boolean {
    return this.settled >= 5
  }

  override toString(): string {
    return `${this.memberId}: epoch ${this.epoch}, owns ${this.owned.join(' ')}, settled ${this.settled}`
  }

  protected connected(link: KafkaLink): void {
    this.work(link, ++this.round)
  }

  protected lost(): void {
    // The answer may have been lost: it says everything again.
    this.untold = true
  }

  private work(link: KafkaLink, round: number): void {
    if (!this.isCurrent(link, round)) return
    const { dice, draining } = this.world
    if (!draining && dice.chance(0.03)) {
      link.break(dice.pick(['reset', 'end'] as const))
      return
    }
    if (!draining && dice.chance(0.02)) this.leave(link)
    else if (link.waiting === 0) {
      this.beat(link, round)
      if (this.owned.length > 0 && this.epoch > 0) this.commit(link)
    }
    this.later(draining ? 3000 : 1000, () => this.work(link, round))
  }

  private beat(link: KafkaLink, round: number): void {
    const isJoin = this.epoch <= 0
    const sent = this.owned
    const isFull = isJoin || this.untold || this.world.dice.chance(0.1)
    const topicPartitions = sent.length === 0 ? [] : [{ topicId: this.topicId, partitions: [...sent] }]
    const request = {
      groupId: CONSUMERS,
      memberId: this.memberId,
      memberEpoch: isJoin ? 0 : this.epoch,
      instanceId: this.instanceId,
      rebalanceTimeoutMs: isFull ? 20_000 : -1,
      subscribedTopicNames: isFull ? [TOPIC] : null,
      topicPartitions: isJoin ? [] : topicPartitions,
    }
    link.ask(ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse, 1, request, (answer) => {
      if (round !== this.round) return
      if (answer.errorCode !== 0) {
        this.refused(answer.errorCode)
        return
      }
      rule(
        isJoin || answer.memberEpoch >= this.epoch,
        `${this.memberId}: epoch ${answer.memberEpoch} after ${this.epoch}`,
      )
      this.epoch = answer.memberEpoch
      this.untold = false
      const { assignment } = answer
      if (assignment !== null) {
        const [topic] = assignment.topicPartitions
        this.topicId = topic?.topicId ?? this.topicId
        this.owned = topic?.partitions ?? []
      }
      this.model.owns(this.who, this.epoch, this.owned)
      if (assignment === null && answer.memberEpoch > 0) this.settled++
    })
  }

  private refused(errorCode: number): void {
    const { dice } = this.world
    rule(RETRIED.includes(errorCode), `${this.memberId}: ${errorName(errorCode)} in epoch ${this.epoch}`)
    if (PASSING.includes(errorCode)) return
    if (errorCode === ErrorCode.UNRELEASED_INSTANCE_ID) {
      // Somebody of that name is still there: his session has to end.
      this.epoch = 0
      return
    }
    // Fenced: it abandons all that it has, and joins again, as itself or as somebody new.
    this.settled = 0
    this.owned = []
    this.epoch = 0
    if (errorCode !== ErrorCode.FENCED_MEMBER_EPOCH || dice.chance(0.5)) this.renew()
  }

  private commit(link: KafkaLink): void {
    const { memberId, epoch } = this
    const partition = this.world.dice.pick(this.owned)
    const wasTaken = this.model.isTaken(this.who, epoch, partition)
    const offset = this.model.nextOffset(partition)
    const partitions = [{ partitionIndex: partition, committedOffset: offset, committedMetadata: '' }]
    const topics = [{ name: TOPIC, partitions }]
    const request = { groupId: CONSUMERS, generationIdOrMemberEpoch: epoch, memberId, topics }
    link.ask(OffsetCommitRequest, OffsetCommitResponse, 9, request, (answer) => {
      const { errorCode } = answer.topics[0]!.partitions[0]!
      if (errorCode === 0) this.model.wasCommitted(memberId, epoch, partition, offset, wasTaken)
      else rule(RETRIED.includes(errorCode), `${memberId}: a commit was refused: ${errorName(errorCode)}`)
    })
    const atLeast = this.model.committedOf(partition)
    const groups = [{ groupId: CONSUMERS, topics: [{ name: TOPIC, partitionIndexes: [partition] }] }]
    link.ask(OffsetFetchRequest, OffsetFetchResponse, 8, { groups }, (answer) => {
      const told = answer.groups[0]!
      const one = told.topics[0]?.partitions[0]
      if (told.errorCode === 0 && one?.errorCode === 0) this.model.fetched(partition, one.committedOffset, atLeast)
    })
  }

  private leave(link: KafkaLink): void {
    if (this.epoch <= 0) return
    const { memberId, instanceId } = this
    const memberEpoch = instanceId !== null && this.world.dice.chance(0.5) ? -2 : -1
    const request = { groupId: CONSUMERS, memberId, memberEpoch, instanceId }
    link.ask(ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse, 1, request, () => {})
    this.round++
    this.settled = 0
    this.renew()
    const round = this.round
    this.later(3000, () => this.work(link, round))
  }
}

/** There is no room, or no topic yet: it asks again. */
const PASSING: readonly number[] = [ErrorCode.COORDINATOR_NOT_AVAILABLE, ErrorCode.KAFKA_STORAGE_ERROR]

const RETRIED: readonly number[] = [
  ...PASSING,
  ErrorCode.FENCED_MEMBER_EPOCH,
  ErrorCode.FENCED_INSTANCE_ID,
  ErrorCode.UNRELEASED_INSTANCE_ID,
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.STALE_MEMBER_EPOCH,
  ErrorCode.GROUP_ID_NOT_FOUND,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
]
