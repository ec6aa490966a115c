import { type Assignment, assignmentOf } from '../../core/group/consumer/assignment.ts'
import type { ConsumerFact } from '../../core/group/consumer/consumer-group.ts'
import type { ClassicMember, Current, MemberState, Since, Subscription } from '../../core/group/consumer/member.ts'
import { VarintReader, VarintWriter } from '../../std/varint.ts'

/*
 * A fact about a group of the consumer protocol in the journal. Whole numbers are varints, texts and byte strings have their length before them.
 *
 *   ┌───────┬──────┬───────────────────────────────────────────────────────────────────────────────────────────┐
 *   │ group │ kind │                                                                                           │
 *   │ text  │ 0    │ group: epoch │ target epoch │ topics' hash                                                │
 *   │       │ 1    │ member: id │ instance id or null │ rack or null │ client id │ client host │ rebalance ms + 1│
 *   │       │      │   │ count │ topic… │ regex │ assignor or null │ 0, or 1 │ session ms │ count │ (name │ metadata)…│
 *   │       │ 2    │ left: id                                                                                  │
 *   │       │ 3    │ target: id │ assignment                                                                   │
 *   │       │ 4    │ current: id │ epoch, signed │ previous epoch │ state │ assignment │ what is being revoked  │
 *   │       │ 5    │ dissolved                                                                                 │
 *   └───────┴──────┴───────────────────────────────────────────────────────────────────────────────────────────┘
 *   assignment: count │ (topic id │ count │ differences of neighbouring partitions…)…; behind each partition of a current one the epoch in which it came
 */

const KINDS = ['group', 'member', 'left', 'target', 'current', 'dissolved'] as const
const STATES: readonly MemberState[] = ['stable', 'unrevoked', 'unreleased']

const writer = new VarintWriter()

/** The record's payload; good until the next call. */
export function writeConsumerFact(group: string, fact: ConsumerFact): Uint8Array {
  writer.at = 0
  writer.text(group)
  number(KINDS.indexOf(fact.kind))
  if (fact.kind === 'group') {
    number(fact.epoch)
    number(fact.targetEpoch)
    number(fact.topicsHash)
  } else if (fact.kind === 'member') writeSubscription(fact.subscription)
  else if (fact.kind === 'left') writer.text(fact.memberId)
  else if (fact.kind === 'target') {
    writer.text(fact.memberId)
    writeAssignment(fact.assignment, null)
  } else if (fact.kind === 'current') {
    writer.text(fact.memberId)
    writeCurrent(fact.current)
  }
  return writer.bytes.subarray(0, writer.at)
}

function number(value: number): void {
  writer.room(8)
  writer.number(value)
}

function writeSubscription(subscription: Subscription): void {
  const { memberId, instanceId, rackId, clientId, clientHost, rebalanceTimeoutMs, topics, regex } = subscription
  for (const text of [memberId, instanceId, rackId, clientId, clientHost]) writer.text(text)
  number(rebalanceTimeoutMs + 1)
  number(topics.length)
  for (const topic of topics) writer.text(topic)
  writer.text(regex)
  writer.text(subscription.assignor)
  const { classic } = subscription
  number(classic === null ? 0 : 1)
  if (classic === null) return
  number(classic.sessionTimeoutMs)
  number(classic.protocols.length)
  for (const { name, metadata } of classic.protocols) {
    writer.text(name)
    writer.blob(metadata)
  }
}

function writeCurrent({ epoch, previousEpoch, state, assigned, revoking, since }: Current): void {
  writer.room(24)
  writer.signed(epoch)
  writer.signed(previousEpoch)
  writer.number(STATES.indexOf(state))
  writeAssignment(assigned, since)
  writeAssignment(revoking, since)
}

function writeAssignment(assignment: Assignment, since: Since | null): void {
  number(assignment.size)
  for (const [topicId, partitions] of assignment) {
    writer.text(topicId)
    const epochs = since?.get(topicId)
    writer.room(16 * (partitions.length + 1))
    writer.number(partitions.length)
    let before = 0
    for (const partition of partitions) {
      writer.number(partition - before)
      before = partition
      if (since !== null) writer.number(epochs?.get(partition) ?? 0)
    }
  }
}

export function readConsumerFact(bytes: Uint8Array, at: number): { name: string; fact: ConsumerFact } {
  const reader = new VarintReader(bytes, at)
  const name = reader.text()
  return { name, fact: readFact(reader) }
}

function readFact(reader: VarintReader): ConsumerFact {
  const kind = KINDS[reader.number()]!
  switch (kind) {
    case 'group':
      return { kind, epoch: reader.number(), targetEpoch: reader.number(), topicsHash: reader.number() }
    case 'member':
      return { kind, subscription: readSubscription(reader) }
    case 'left':
      return { kind, memberId: reader.text() }
    case 'target':
      return { kind, memberId: reader.text(), assignment: readAssignment(reader, null) }
    case 'current':
      return { kind, memberId: reader.text(), current: readCurrent(reader) }
    case 'dissolved':
      return { kind }
  }
}

function readSubscription(reader: VarintReader): Subscription {
  const memberId = reader.text()
  const instanceId = reader.textOrNull()
  const rackId = reader.textOrNull()
  const clientId = reader.text()
  const clientHost = reader.text()
  const rebalanceTimeoutMs = reader.number() - 1
  const topics: string[] = []
  for (let count = reader.number(); count > 0; count--) topics.push(reader.text())
  const regex = reader.text()
  const assignor = reader.textOrNull()
  const classic = reader.number() === 0 ? null : readClassic(reader)
  return { memberId, instanceId, rackId, clientId, clientHost, rebalanceTimeoutMs, topics, regex, assignor, classic }
}

function readClassic(reader: VarintReader): ClassicMember {
  const sessionTimeoutMs = reader.number()
  const protocols: { name: string; metadata: Uint8Array }[] = []
  for (let count = reader.number(); count > 0; count--) {
    protocols.push({ name: reader.text(), metadata: reader.blob() })
  }
  return { sessionTimeoutMs, protocols }
}

function readCurrent(reader: VarintReader): Current {
  const epoch = reader.signed()
  const previousEpoch = reader.signed()
  const state = STATES[reader.number()]!
  const since = new Map<string, Map<number, number>>()
  const assigned = readAssignment(reader, since)
  return { epoch, previousEpoch, state, assigned, revoking: readAssignment(reader, since), since }
}

function readAssignment(reader: VarintReader, since: Map<string, Map<number, number>> | null): Assignment {
  const entries: [string, number[]][] = []
  for (let count = reader.number(); count > 0; count--) {
    const topicId = reader.text()
    const partitions: number[] = []
    let partition = 0
    const epochs = since?.get(topicId) ?? new Map<number, number>()
    for (let left = reader.number(); left > 0; left--) {
      partitions.push((partition += reader.number()))
      if (since !== null) epochs.set(partition, reader.number())
    }
    since?.set(topicId, epochs)
    entries.push([topicId, partitions])
  }
  return assignmentOf(entries)
}
