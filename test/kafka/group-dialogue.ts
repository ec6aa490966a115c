import { encodeBatch } from '../../sim/kafka/batch.ts'
import { encode } from '../../src/wire/kafka/codec.ts'
import { errorName } from '../../src/wire/kafka/errors.ts'
import {
  AlterShareGroupOffsetsRequest,
  AlterShareGroupOffsetsResponse,
} from '../../src/wire/kafka/messages/alter-share-group-offsets.ts'
import {
  ConsumerGroupDescribeRequest,
  ConsumerGroupDescribeResponse,
} from '../../src/wire/kafka/messages/consumer-group-describe.ts'
import {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
} from '../../src/wire/kafka/messages/consumer-group-heartbeat.ts'
import { ConsumerProtocolSubscription } from '../../src/wire/kafka/messages/consumer-protocol.ts'
import { DeleteGroupsRequest, DeleteGroupsResponse } from '../../src/wire/kafka/messages/delete-groups.ts'
import {
  DeleteShareGroupOffsetsRequest,
  DeleteShareGroupOffsetsResponse,
} from '../../src/wire/kafka/messages/delete-share-group-offsets.ts'
import { DescribeGroupsRequest, DescribeGroupsResponse } from '../../src/wire/kafka/messages/describe-groups.ts'
import {
  DescribeShareGroupOffsetsRequest,
  DescribeShareGroupOffsetsResponse,
} from '../../src/wire/kafka/messages/describe-share-group-offsets.ts'
import { FindCoordinatorRequest, FindCoordinatorResponse } from '../../src/wire/kafka/messages/find-coordinator.ts'
import { HeartbeatRequest, HeartbeatResponse } from '../../src/wire/kafka/messages/heartbeat.ts'
import { JoinGroupRequest, JoinGroupResponse } from '../../src/wire/kafka/messages/join-group.ts'
import { LeaveGroupRequest, LeaveGroupResponse } from '../../src/wire/kafka/messages/leave-group.ts'
import { ListGroupsRequest, ListGroupsResponse } from '../../src/wire/kafka/messages/list-groups.ts'
import { OffsetCommitRequest, OffsetCommitResponse } from '../../src/wire/kafka/messages/offset-commit.ts'
import { OffsetDeleteRequest, OffsetDeleteResponse } from '../../src/wire/kafka/messages/offset-delete.ts'
import { OffsetFetchRequest, OffsetFetchResponse } from '../../src/wire/kafka/messages/offset-fetch.ts'
import { ShareAcknowledgeRequest, ShareAcknowledgeResponse } from '../../src/wire/kafka/messages/share-acknowledge.ts'
import { ShareFetchRequest, ShareFetchResponse } from '../../src/wire/kafka/messages/share-fetch.ts'
import {
  ShareGroupDescribeRequest,
  ShareGroupDescribeResponse,
} from '../../src/wire/kafka/messages/share-group-describe.ts'
import {
  ShareGroupHeartbeatRequest,
  ShareGroupHeartbeatResponse,
} from '../../src/wire/kafka/messages/share-group-heartbeat.ts'
import { SyncGroupRequest, SyncGroupResponse } from '../../src/wire/kafka/messages/sync-group.ts'
import type { Decoded, Encodable, Message, Slice } from '../../src/wire/kafka/schema.ts'
import { Writer } from '../../src/wire/kafka/writer.ts'

export const MESSAGES = {
  find: { request: FindCoordinatorRequest, response: FindCoordinatorResponse },
  join: { request: JoinGroupRequest, response: JoinGroupResponse },
  sync: { request: SyncGroupRequest, response: SyncGroupResponse },
  beat: { request: HeartbeatRequest, response: HeartbeatResponse },
  leave: { request: LeaveGroupRequest, response: LeaveGroupResponse },
  commit: { request: OffsetCommitRequest, response: OffsetCommitResponse },
  fetch: { request: OffsetFetchRequest, response: OffsetFetchResponse },
  describe: { request: DescribeGroupsRequest, response: DescribeGroupsResponse },
  list: { request: ListGroupsRequest, response: ListGroupsResponse },
  delete: { request: DeleteGroupsRequest, response: DeleteGroupsResponse },
  offsetDelete: { request: OffsetDeleteRequest, response: OffsetDeleteResponse },
  consumer: { request: ConsumerGroupHeartbeatRequest, response: ConsumerGroupHeartbeatResponse },
  share: { request: ShareGroupHeartbeatRequest, response: ShareGroupHeartbeatResponse },
  shares: { request: ShareGroupDescribeRequest, response: ShareGroupDescribeResponse },
  shareFetch: { request: ShareFetchRequest, response: ShareFetchResponse },
  shareAck: { request: ShareAcknowledgeRequest, response: ShareAcknowledgeResponse },
  shareOffsets: { request: DescribeShareGroupOffsetsRequest, response: DescribeShareGroupOffsetsResponse },
  alterShare: { request: AlterShareGroupOffsetsRequest, response: AlterShareGroupOffsetsResponse },
  deleteShare: { request: DeleteShareGroupOffsetsRequest, response: DeleteShareGroupOffsetsResponse },
  consumers: { request: ConsumerGroupDescribeRequest, response: ConsumerGroupDescribeResponse },
} as const

type Verb = keyof typeof MESSAGES

/** A broker to talk with: ours, or the one to compare with. */
export interface Peer {
  /** Sends a request on a connection of its own, or on the one of that name; `answer` is null until there is one. */
  send<Q extends Message, R extends Message>(
    about: { request: Q; response: R },
    version: number,
    request: Encodable<Q>,
    connection?: string,
  ): { answer: Decoded<R> | null }
  /** Lets time pass. */
  wait(ms: number): Promise<void>
  /** Makes a topic of three partitions and returns its id. */
  topic(name: string): Promise<string>
  /** Puts records of one byte at the end of a partition, in batches of these sizes. */
  produce(topic: string, partition: number, ...sizes: number[]): Promise<void>
}

/** Long enough for any answer that is not parked. */
const SOON_MS = 300

/** Says one thing after the other and writes down what is answered, in a form that two brokers can have in common. */
export class Dialogue {
  readonly lines: string[] = []
  private readonly peer: Peer
  /** Error messages are written down as well. */
  wordy = false
  /** What is different in every run: member ids, topic ids. */
  private readonly names = new Map<string, string>()

  constructor(peer: Peer) {
    this.peer = peer
  }

  async topic(name: string): Promise<string> {
    const id = await this.peer.topic(name)
    this.names.set(id, `<${name}>`)
    return id
  }

  produce(topic: string, partition: number, ...sizes: number[]): Promise<void> {
    return this.peer.produce(topic, partition, ...sizes)
  }

  wait(ms: number): Promise<void> {
    return this.peer.wait(ms)
  }

  /** Asks, and writes the answer down; or that there is none yet. */
  async ask<V extends Verb>(
    label: string,
    verb: V,
    version: number,
    request: Encodable<(typeof MESSAGES)[V]['request']>,
    connection?: string,
  ): Promise<Asked<V>> {
    const about = MESSAGES[verb] as unknown as { request: Message; response: Message }
    const asked = this.peer.send(about, version, request as Encodable<Message>, connection) as unknown as Asked<V>
    await this.peer.wait(SOON_MS)
    // What goes behind others on one connection may take longer.
    for (let i = 0; connection !== undefined && i < 7 && asked.answer === null; i++) await this.peer.wait(100)
    // A label that begins with a dash: what is answered does not matter.
    if (!label.startsWith('-')) this.note(`${label}, ${verb} ${version}`, asked)
    return asked
  }

  note(label: string, asked: { answer: unknown }): void {
    this.lines.push(`${label}: ${asked.answer === null ? 'parked' : this.show(asked.answer)}`)
  }

  private show(answer: unknown): string {
    return JSON.stringify(sorted(plain(answer, (text) => this.name(text), this.wordy)))
  }

  private name(text: string): string {
    const known = this.names.get(text)
    if (known !== undefined) return known
    return text.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (uuid) => {
      if (!this.names.has(uuid)) this.names.set(uuid, `#${this.names.size}`)
      return this.names.get(uuid)!
    })
  }
}

export interface Asked<V extends Verb> {
  answer: Decoded<(typeof MESSAGES)[V]['response']> | null
}

/** Bytes as text, codes by name, ids as `name` has them; places and wordings left out. */
function plain(value: unknown, name: (text: string) => string, wordy: boolean): unknown {
  if (typeof value === 'string') return name(value)
  if (value instanceof Uint8Array)
    return Buffer.from(value)
      .toString('latin1')
      .replace(/[^ -~]/g, '.')
  if (isSlice(value)) return `${value.length} bytes`
  if (Array.isArray(value)) return value.map((one) => plain(one, name, wordy))
  if (value === null || typeof value !== 'object') return value
  const fields = Object.entries(value).filter(([key]) => key !== 'port' && key !== 'throttleTimeMs')
  return Object.fromEntries(
    fields.map(([key, field]) => {
      // Its length is the operator's choice.
      if (key === 'heartbeatIntervalMs') return [key, field !== 0]
      if (key === 'errorCode') return [key, errorName(field as number)]
      return [key, key === 'errorMessage' && !wordy && String(field).length > 30 ? '...' : plain(field, name, wordy)]
    }),
  )
}

function isSlice(value: unknown): value is Slice {
  return value !== null && typeof value === 'object' && 'bytes' in value && 'at' in value
}

/** Kafka keeps much in hash tables: no order means anything. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  if (value === null || typeof value !== 'object') return value
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(fields.map(([name, field]) => [name, sorted(field)]))
}

/** A batch of so many records of one byte. */
export function batchOf(size: number): Uint8Array {
  const ids = Array.from({ length: size }, (_, i) => i)
  const fields = { producerId: -1, producerEpoch: -1, baseSequence: -1, ids }
  return encodeBatch(
    fields,
    ids.map(() => 0),
    1_700_000_000_000,
  )
}

/** What a consumer says of itself: the topics it reads. */
export function subscription(...topics: string[]): Uint8Array {
  const writer = new Writer()
  writer.int16(0)
  encode(ConsumerProtocolSubscription, 0, writer, { topics })
  return writer.joined()
}
