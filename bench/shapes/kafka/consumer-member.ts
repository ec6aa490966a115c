import { randomUUID } from 'node:crypto'
import {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
} from '../../../src/wire/kafka/messages/consumer-group-heartbeat.ts'
import { pause } from '../../broker.ts'
import { KafkaClient } from './client.ts'
import { LOADS, type Member, type Team } from './member.ts'

const GROUP = 'bench-consumer'
const JOINS = 0
const LEAVES = -1

type TopicPartitions = { readonly topicId: string; readonly partitions: readonly number[] }[]

/** Of a group of the consumer protocol (KIP-848): the broker shares out, and a member says what it has when that has changed. */
export class ConsumerMember implements Member {
  generation = JOINS
  settled = false
  owned: readonly number[] = []
  private readonly client: KafkaClient
  private readonly team: Team
  private readonly memberId = randomUUID()
  private topicPartitions: TopicPartitions = []
  private going = true

  private constructor(client: KafkaClient, team: Team) {
    this.client = client
    this.team = team
  }

  static async open(address: { host: string; port: number }, team: Team): Promise<ConsumerMember> {
    return new ConsumerMember(await KafkaClient.open(address), team)
  }

  join(): void {
    this.run().catch((error: Error) => {
      if (!this.going) return
      this.team.failure ??= error
      this.team.changed()
    })
  }

  async leave(): Promise<void> {
    this.going = false
    await this.ask({ memberEpoch: LEAVES })
    this.client.close()
  }

  close(): void {
    this.going = false
    this.client.close()
  }

  private async run(): Promise<void> {
    const first = { rebalanceTimeoutMs: 60_000, subscribedTopicNames: [this.team.topic] }
    // It says what it has when it joins, and at once when that has become something else.
    for (let tells = true; this.going; ) {
      const topicPartitions = tells ? this.topicPartitions : null
      const told = await this.ask({
        ...{ memberEpoch: this.generation, topicPartitions },
        ...(this.generation === JOINS ? first : {}),
      })
      if (told === null || !this.going) continue
      this.generation = told.memberEpoch
      tells = told.assignment !== null
      if (told.assignment !== null) {
        this.topicPartitions = told.assignment.topicPartitions
        this.owned = this.topicPartitions.flatMap(({ partitions }) => partitions)
      }
      this.settled = !tells
      this.team.changed()
      if (!tells) await pause(this.team.beat)
    }
  }

  private async ask(values: object) {
    const request = { groupId: GROUP, memberId: this.memberId, ...values }
    const told = await this.client.ask(ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse, 1, request)
    if (told.errorCode === 0) return told
    if (!LOADS.has(told.errorCode)) {
      throw new Error(`ConsumerGroupHeartbeat: error ${told.errorCode} ${told.errorMessage ?? ''}`)
    }
    await pause(0.02)
    return null
  }
}
