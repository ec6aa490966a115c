import { ErrorCode, errorName } from '../../src/wire/kafka/errors.ts'
import {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '../../src/wire/kafka/messages/incremental-alter-configs.ts'
import { ShareAcknowledgeRequest, ShareAcknowledgeResponse } from '../../src/wire/kafka/messages/share-acknowledge.ts'
import { ShareFetchRequest, ShareFetchResponse } from '../../src/wire/kafka/messages/share-fetch.ts'
import {
  ShareGroupHeartbeatRequest,
  ShareGroupHeartbeatResponse,
} from '../../src/wire/kafka/messages/share-group-heartbeat.ts'
import type { Decoded } from '../../src/wire/kafka/schema.ts'
import { rule } from '../failure.ts'
import type { KafkaLink } from '../kafka/link.ts'
import { TOPIC } from '../kafka/model.ts'
import type { World } from '../world.ts'
import { Client } from './client.ts'
import { SHARERS, type ShareModel } from './share-model.ts'

const ACCEPT = 1
const RELEASE = 2
const REJECT = 3

interface Held {
  readonly partition: number
  readonly first: number
  readonly last: number
}

/** A member of a share group: is handed records, accepts, releases and rejects them, or forgets about them. */
export class ShareMember extends Client {
  private readonly model: ShareModel
  private readonly memberId: string
  private memberEpoch = 0
  private sessionEpoch = 0
  private topicId = ''
  private assigned: readonly number[] = []
  private held: Held[] = []
  /** The partitions of a fetch without an answer. */
  private fetching: readonly number[] = []
  /** What the group's settings were once seen to be. */
  private configured = false

  constructor(world: World, model: ShareModel, name: string) {
    super(world, name)
    this.model = model
    this.memberId = name
  }

  drain(): void {}

  done(): boolean {
    return this.model.missing() === null
  }

  override toString(): string {
    return `${this.name}: session ${this.sessionEpoch}, reads ${this.assigned}, ${this.model.missing()}`
  }

  protected connected(link: KafkaLink): void {
    this.sessionEpoch = 0
    this.held = []
    this.work(link, ++this.round)
  }

  protected lost(): void {
    this.held = []
    this.model.unheard(this.fetching)
    this.fetching = []
  }

  private work(link: KafkaLink, round: number): void {
    if (!this.isCurrent(link, round)) return
    const { dice, draining } = this.world
    if (!draining && dice.chance(0.03)) {
      link.break(dice.pick(['reset', 'end'] as const))
      return
    }
    if (link.waiting === 0) {
      if (!this.configured) this.configure(link)
      else if (this.memberEpoch === 0 || dice.chance(0.1)) this.beat(link, round)
      else if (this.held.length > 0) this.acknowledge(link, round)
      else if (this.assigned.length > 0) this.fetch(link, round)
      else this.beat(link, round)
    }
    this.later(150, () => this.work(link, round))
  }

  /** A group begins at the end, unless it is told otherwise. */
  private configure(link: KafkaLink): void {
    const configs = [{ name: 'share.auto.offset.reset', configOperation: 0, value: 'earliest' }]
    const resources = [{ resourceType: 32, resourceName: SHARERS, configs }]
    link.ask(IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse, 1, { resources }, (answer) => {
      this.configured = answer.responses[0]!.errorCode === 0
    })
  }

  private beat(link: KafkaLink, round: number): void {
    const isJoin = this.memberEpoch === 0
    const request = {
      groupId: SHARERS,
      memberId: this.memberId,
      memberEpoch: this.memberEpoch,
      subscribedTopicNames: isJoin ? [TOPIC] : null,
    }
    link.ask(ShareGroupHeartbeatRequest, ShareGroupHeartbeatResponse, 1, request, (answer) => {
      if (round !== this.round) return
      if (answer.errorCode !== 0) {
        rule(REJOINS.includes(answer.errorCode), `${this.name}: ${errorName(answer.errorCode)}`)
        if (!PASSING.includes(answer.errorCode)) this.memberEpoch = 0
        return
      }
      this.memberEpoch = answer.memberEpoch
      if (answer.assignment === null) return
      const [topic] = answer.assignment.topicPartitions
      this.topicId = topic?.topicId ?? this.topicId
      const before = this.assigned
      this.assigned = topic?.partitions ?? []
      // A session tells of what changes; a new one tells it all.
      if (before.join() !== this.assigned.join()) this.endSession(link)
    })
  }

  private endSession(link: KafkaLink): void {
    if (this.sessionEpoch === 0) return
    this.sessionEpoch = 0
    this.held = []
    const request = { groupId: SHARERS, memberId: this.memberId, shareSessionEpoch: -1, topics: [] }
    link.ask(ShareAcknowledgeRequest, ShareAcknowledgeResponse, 2, request, () => {})
  }

  private fetch(link: KafkaLink, round: number): void {
    const { dice } = this.world
    const isFirst = this.sessionEpoch === 0
    const partitions = this.assigned.map((partitionIndex) => ({ partitionIndex }))
    const limits = { maxWaitMs: dice.pick([0, 10, 300]), minBytes: 1, maxBytes: dice.pick([1, 2000, 100_000]) }
    const request = {
      ...limits,
      groupId: SHARERS,
      memberId: this.memberId,
      shareSessionEpoch: this.sessionEpoch,
      maxRecords: dice.pick([1, 5, 50]),
      batchSize: 50,
      shareAcquireMode: dice.below(2),
      topics: isFirst ? [{ topicId: this.topicId, partitions }] : [],
    }
    this.fetching = this.assigned
    link.ask(ShareFetchRequest, ShareFetchResponse, 2, request, (answer) => {
      this.fetching = []
      this.fetched(answer, round)
    })
  }

  private fetched(answer: Decoded<typeof ShareFetchResponse>, round: number): void {
    if (answer.errorCode !== 0) {
      rule(NEW_SESSION.includes(answer.errorCode), `${this.name}: a fetch: ${errorName(answer.errorCode)}`)
      if (!PASSING.includes(answer.errorCode) && round === this.round) this.sessionEpoch = 0
      return
    }
    if (round === this.round) this.sessionEpoch++
    for (const { partitions } of answer.responses) {
      for (const { partitionIndex: partition, errorCode, acquiredRecords } of partitions) {
        rule([0, ErrorCode.KAFKA_STORAGE_ERROR].includes(errorCode), `${this.name}: a fetch: ${errorName(errorCode)}`)
        for (const { firstOffset, lastOffset, deliveryCount } of acquiredRecords) {
          this.model.delivered(this.name, partition, firstOffset, lastOffset, deliveryCount)
          if (round === this.round) this.held.push({ partition, first: firstOffset, last: lastOffset })
        }
      }
    }
  }

  private acknowledge(link: KafkaLink, round: number): void {
    const { dice, draining } = this.world
    const { partition, first, last } = this.held.shift()!
    // Some records are given back again and again.
    const isPoison = first % 5 === 0 && dice.chance(0.9)
    const other = isPoison ? RELEASE : dice.pick([RELEASE, REJECT])
    const type = draining || (!isPoison && dice.chance(0.7)) ? ACCEPT : other
    const isDone = type !== RELEASE
    if (isDone) this.model.saying(partition, first, last)
    const acknowledgementBatches = [{ firstOffset: first, lastOffset: last, acknowledgeTypes: [type] }]
    const topics = [{ topicId: this.topicId, partitions: [{ partitionIndex: partition, acknowledgementBatches }] }]
    const request = { groupId: SHARERS, memberId: this.memberId, shareSessionEpoch: this.sessionEpoch, topics }
    link.ask(ShareAcknowledgeRequest, ShareAcknowledgeResponse, 2, request, (answer) => {
      if (answer.errorCode !== 0) {
        rule(NEW_SESSION.includes(answer.errorCode), `${this.name}: an ack: ${errorName(answer.errorCode)}`)
        if (!PASSING.includes(answer.errorCode) && round === this.round) this.sessionEpoch = 0
        return
      }
      if (round === this.round) this.sessionEpoch++
      const { errorCode } = answer.responses[0]!.partitions[0]!
      rule(
        [0, ErrorCode.INVALID_RECORD_STATE, ErrorCode.KAFKA_STORAGE_ERROR].includes(errorCode),
        `${this.name}: an ack of ${first}-${last}: ${errorName(errorCode)}`,
      )
      if (errorCode === 0 && isDone) this.model.said(partition, first, last)
    })
  }
}

/** There is no room: it asks again. */
const PASSING: readonly number[] = [ErrorCode.COORDINATOR_NOT_AVAILABLE]

const REJOINS: readonly number[] = [
  ...PASSING,
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.FENCED_MEMBER_EPOCH,
  ErrorCode.GROUP_ID_NOT_FOUND,
]

const NEW_SESSION: readonly number[] = [
  ...PASSING,
  ErrorCode.SHARE_SESSION_NOT_FOUND,
  ErrorCode.INVALID_SHARE_SESSION_EPOCH,
]
