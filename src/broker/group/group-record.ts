import type { DurableMember, GroupImage, GroupRecord } from '../../core/group/commands.ts'
import { VarintReader, VarintWriter } from '../../std/varint.ts'

/*
 * A group in the journal. Whole numbers are varints, texts and byte strings have their length before them.
 *
 *   ┌──────┬───┐
 *   │ name │ 0 │  deleted
 *   └──────┴───┘
 *   ┌──────┬───┬────────────┬───────┬────────────┬───────────────┬──────────┬─────────┬───────┬──────────┐
 *   │ name │ 1 │ generation │ given │ changed at │ protocol type │ protocol │ leader  │ count │ members… │  image
 *   │      │   │            │       │ ms         │               │ or null  │ or null │       │          │
 *   └──────┴───┴────────────┴───────┴────────────┴───────────────┴──────────┴─────────┴───────┴──────────┘
 *   ┌──────┬───┬───────┬────────────┬───────────────┐
 *   │ name │ 2 │ given │ changed at │ protocol type │  a generation was given out
 *   └──────┴───┴───────┴────────────┴───────────────┘
 *   member: id │ instance id or null │ client id │ client host │ session ms │ rebalance ms │ assignment │ count │ (name │ metadata)…
 */

const DELETED = 0
const IMAGE = 1
const GIVEN = 2

const writer = new VarintWriter()

/** The record's payload; good until the next call. */
export function writeGroup(name: string, record: GroupRecord): Uint8Array {
  writer.at = 0
  writer.text(name)
  if ('given' in record) {
    number(GIVEN)
    number(record.given)
    number(record.changedAt)
    writer.text(record.protocolType)
  } else if (record.image === null) number(DELETED)
  else writeImage(record.image)
  return writer.bytes.subarray(0, writer.at)
}

function writeImage(image: GroupImage): void {
  number(IMAGE)
  number(image.generation)
  number(image.given)
  number(image.changedAt)
  writer.text(image.protocolType)
  writer.text(image.protocol)
  writer.text(image.leader)
  number(image.members.length)
  for (const member of image.members) writeMember(member)
}

function number(value: number): void {
  writer.room(8)
  writer.number(value)
}

function writeMember(member: DurableMember): void {
  writer.text(member.memberId)
  writer.text(member.instanceId)
  writer.text(member.clientId)
  writer.text(member.clientHost)
  number(member.sessionTimeoutMs)
  number(member.rebalanceTimeoutMs)
  writer.blob(member.assignment)
  number(member.protocols.length)
  for (const protocol of member.protocols) {
    writer.text(protocol.name)
    writer.blob(protocol.metadata)
  }
}

export function readGroup(bytes: Uint8Array, at: number): { name: string; record: GroupRecord } {
  const reader = new VarintReader(bytes, at)
  const name = reader.text()
  const kind = reader.number()
  if (kind === DELETED) return { name, record: { image: null } }
  if (kind === IMAGE) return { name, record: { image: readImage(reader) } }
  const given = reader.number()
  const changedAt = reader.number()
  return { name, record: { given, changedAt, protocolType: reader.text() } }
}

function readImage(reader: VarintReader): GroupImage {
  const generation = reader.number()
  const given = reader.number()
  const changedAt = reader.number()
  const protocolType = reader.text()
  const protocol = reader.textOrNull()
  const leader = reader.textOrNull()
  const members: DurableMember[] = []
  for (let count = reader.number(); count > 0; count--) members.push(readMember(reader))
  return { generation, given, protocolType, protocol, leader, changedAt, members }
}

function readMember(reader: VarintReader): DurableMember {
  const memberId = reader.text()
  const instanceId = reader.textOrNull()
  const clientId = reader.text()
  const clientHost = reader.text()
  const sessionTimeoutMs = reader.number()
  const rebalanceTimeoutMs = reader.number()
  const assignment = reader.blob()
  const protocols: { name: string; metadata: Uint8Array }[] = []
  for (let count = reader.number(); count > 0; count--) {
    protocols.push({ name: reader.text(), metadata: reader.blob() })
  }
  return {
    memberId,
    instanceId,
    clientId,
    clientHost,
    sessionTimeoutMs,
    rebalanceTimeoutMs,
    protocols,
    assignment,
  }
}

/**
 * Bytes of journal that a group with these members takes at most, with `more` that a command brings. The leader's id and the protocol's name
 * are there a second time.
 */
export function groupRoom(name: string, protocolType: string, members: Iterable<DurableMember>, more: number): number {
  let bytes = 1024 + 3 * (name.length + protocolType.length) + more
  for (const member of members) {
    const { memberId, instanceId, clientId, clientHost, assignment } = member
    bytes += 64 + 6 * memberId.length + 3 * ((instanceId?.length ?? 0) + clientId.length) + clientHost.length
    bytes += assignment.length
    for (const { name, metadata } of member.protocols) bytes += 16 + 6 * name.length + metadata.length
  }
  return bytes
}
