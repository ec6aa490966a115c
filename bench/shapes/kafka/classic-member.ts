import { decode, encode } from '../../../src/wire/kafka/codec.ts'
import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
} from '../../../src/wire/kafka/messages/consumer-protocol.ts'
import { HeartbeatRequest, HeartbeatResponse } from '../../../src/wire/kafka/messages/heartbeat.ts'
import { JoinGroupRequest, JoinGroupResponse } from '../../../src/wire/kafka/messages/join-group.ts'
import { LeaveGroupRequest, LeaveGroupResponse } from '../../../src/wire/kafka/messages/leave-group.ts'
import { SyncGroupRequest, SyncGroupResponse } from '../../../src/wire/kafka/messages/sync-group.ts'
import { Reader } from '../../../src/wire/kafka/reader.ts'
import type { Decoded, Encodable, Message } from '../../../src/wire/kafka/schema.ts'
import { Writer } from '../../../src/wire/kafka/writer.ts'
import { pause } from '../../broker.ts'
import { KafkaClient } from './client.ts'
import { LOADS, type Member, type Team } from './member.ts'

const GROUP = 'bench-classic'
const PROTOCOL = 'range'
const REBALANCE_IN_PROGRESS = 27
const MEMBER_ID_REQUIRED = 79
const ILLEGAL_GENERATION = 22

/** Of a group of the classic protocol: it learns of a rebalance from a heartbeat, joins again, and the leader shares out the partitions. */
export class ClassicMember implements Member {
  generation = -1
  settled = false
  owned: readonly number[] = []
  private readonly client: KafkaClient
  private readonly team: Team
  private memberId = ''
  private going = true

  private constructor(client: KafkaClient, team: Team) {
    this.client = client
    this.team = team
  }

  static async open(address: { host: string; port: number }, team: Team): Promise<ClassicMember> {
    return new ClassicMember(await KafkaClient.open(address), team)
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
    const members = [{ memberId: this.memberId }]
    const told = await this.client.ask(LeaveGroupRequest, LeaveGroupResponse, 4, { groupId: GROUP, members })
    if (told.errorCode !== 0) throw new Error(`LeaveGroup: error ${told.errorCode}`)
    this.client.close()
  }

  close(): void {
    this.going = false
    this.client.close()
  }

  private async run(): Promise<void> {
    while (this.going) {
      const joined = await this.joinGroup()
      if (joined === null || !(await this.sync(joined))) continue
      this.team.changed()
      while (this.going && (await this.beat())) await pause(this.team.beat)
      this.settled = false
    }
  }

  private async joinGroup(): Promise<Decoded<typeof JoinGroupResponse> | null> {
    const { topic } = this.team
    const metadata = bytesOf(ConsumerProtocolSubscription, 1, { topics: [topic], ownedPartitions: [] })
    const told = await this.client.ask(JoinGroupRequest, JoinGroupResponse, 7, {
      ...{ groupId: GROUP, sessionTimeoutMs: 45_000, rebalanceTimeoutMs: 60_000, memberId: this.memberId },
      ...{ protocolType: 'consumer', protocols: [{ name: PROTOCOL, metadata }] },
    })
    if (told.errorCode === MEMBER_ID_REQUIRED) this.memberId = told.memberId
    else if (told.errorCode === 0) {
      this.memberId = told.memberId
      return told
    } else if (!LOADS.has(told.errorCode)) throw new Error(`JoinGroup: error ${told.errorCode}`)
    else await pause(0.02)
    return null
  }

  private async sync({ generationId, leader, members }: Decoded<typeof JoinGroupResponse>): Promise<boolean> {
    const told = await this.client.ask(SyncGroupRequest, SyncGroupResponse, 5, {
      ...{ groupId: GROUP, generationId, memberId: this.memberId, protocolType: 'consumer', protocolName: PROTOCOL },
      assignments: leader === this.memberId ? this.shareOut(members) : [],
    })
    if (told.errorCode === REBALANCE_IN_PROGRESS || told.errorCode === ILLEGAL_GENERATION) return false
    if (told.errorCode !== 0) throw new Error(`SyncGroup: error ${told.errorCode}`)
    const reader = new Reader(told.assignment)
    const { assignedPartitions } = decode(ConsumerProtocolAssignment, reader.int16(), reader)
    this.owned = assignedPartitions.flatMap(({ partitions }) => partitions)
    this.generation = generationId
    this.settled = true
    return true
  }

  private shareOut(members: readonly { readonly memberId: string }[]) {
    const { topic, partitions } = this.team
    return members.map(({ memberId }, at) => {
      const own: number[] = []
      for (let n = at; n < partitions; n += members.length) own.push(n)
      const assignedPartitions = [{ topic, partitions: own }]
      return { memberId, assignment: bytesOf(ConsumerProtocolAssignment, 1, { assignedPartitions }) }
    })
  }

  /** False when it is to join again. */
  private async beat(): Promise<boolean> {
    const { memberId, generation: generationId } = this
    const request = { groupId: GROUP, generationId, memberId }
    const { errorCode } = await this.client.ask(HeartbeatRequest, HeartbeatResponse, 4, request)
    if (errorCode === 0) return true
    if (errorCode === REBALANCE_IN_PROGRESS || errorCode === ILLEGAL_GENERATION) return false
    throw new Error(`Heartbeat: error ${errorCode}`)
  }
}

/** With the version in front, as clients tell each other. */
function bytesOf<M extends Message>(message: M, version: number, value: Encodable<M>): Uint8Array {
  const writer = new Writer()
  writer.int16(version)
  encode(message, version, writer, value)
  return writer.joined()
}
