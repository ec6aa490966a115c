import type { Run } from '../../core/delivery/window.ts'
import type { ShareFact } from '../../core/group/share/share-group.ts'
import { VarintReader, VarintWriter } from '../../std/varint.ts'

/*
 * A fact about a share group's members in the journal. Whole numbers are varints, texts have their length before them.
 *
 *   ┌───────┬──────┬─────────────────────────────────────────────────────────────────────────────────────────┐
 *   │ group │ kind │ 0 group: epoch │ topics' hash                                                           │
 *   │ text  │      │ 1 member: id │ rack or null │ client id │ client host │ epoch │ previous │ count │ topic… │
 *   │       │      │ 2 left: id                                                                              │
 *   │       │      │ 3 deleted, with all that it knew of partitions                                          │
 *   └───────┴──────┴─────────────────────────────────────────────────────────────────────────────────────────┘
 *
 * How far it has come in a partition:
 *
 *   ┌───────┬──────────┬──────┬─────────────────────────────────────────────────────────────────────────────┐
 *   │ group │ topic id │ kind │ 0 state: partition │ (first │ last - first │ state │ deliveries)… to the end  │
 *   │ text  │ text     │      │ 1 start: partition │ offset                                                 │
 *   │       │          │      │ 2 forgotten: nothing is known of the topic any more                         │
 *   └───────┴──────────┴──────┴─────────────────────────────────────────────────────────────────────────────┘
 */

const KINDS = ['group', 'member', 'left', 'deleted'] as const

export type ShareStateFact =
  | { readonly kind: 'state'; readonly partition: number; readonly runs: readonly Run[] }
  | { readonly kind: 'start'; readonly partition: number; readonly offset: number }
  | { readonly kind: 'forgotten' }

const STATE_KINDS = ['state', 'start', 'forgotten'] as const

const writer = new VarintWriter()

/** The record's payload; good until the next call. */
export function writeShareFact(group: string, fact: ShareFact): Uint8Array {
  writer.at = 0
  writer.text(group)
  number(KINDS.indexOf(fact.kind))
  if (fact.kind === 'group') {
    number(fact.epoch)
    number(fact.topicsHash)
  } else if (fact.kind === 'left') writer.text(fact.memberId)
  else if (fact.kind === 'member') {
    const { memberId, rackId, clientId, clientHost, topics } = fact.member
    for (const text of [memberId, rackId, clientId, clientHost]) writer.text(text)
    number(fact.epoch)
    number(fact.previousEpoch)
    number(topics.length)
    for (const topic of topics) writer.text(topic)
  }
  return writer.bytes.subarray(0, writer.at)
}

function number(value: number): void {
  writer.room(8)
  writer.number(value)
}

export function readShareFact(bytes: Uint8Array, at: number): { name: string; fact: ShareFact } {
  const reader = new VarintReader(bytes, at)
  const name = reader.text()
  return { name, fact: readFact(reader) }
}

function readFact(reader: VarintReader): ShareFact {
  const kind = KINDS[reader.number()]!
  switch (kind) {
    case 'group':
      return { kind, epoch: reader.number(), topicsHash: reader.number() }
    case 'left':
      return { kind, memberId: reader.text() }
    case 'deleted':
      return { kind }
    case 'member': {
      const memberId = reader.text()
      const rackId = reader.textOrNull()
      const clientId = reader.text()
      const clientHost = reader.text()
      const epoch = reader.number()
      const previousEpoch = reader.number()
      const topics: string[] = []
      for (let count = reader.number(); count > 0; count--) topics.push(reader.text())
      return { kind, member: { memberId, rackId, clientId, clientHost, topics }, epoch, previousEpoch }
    }
  }
}

/** The record's payload; good until the next call. */
export function writeShareState(group: string, topicId: string, fact: ShareStateFact): Uint8Array {
  writer.at = 0
  writer.text(group)
  writer.text(topicId)
  number(STATE_KINDS.indexOf(fact.kind))
  if (fact.kind === 'start') {
    number(fact.partition)
    number(fact.offset)
  } else if (fact.kind === 'state') {
    number(fact.partition)
    for (const { first, last, state, count } of fact.runs) {
      writer.room(32)
      writer.number(first)
      writer.number(last - first)
      writer.number(state)
      writer.number(count)
    }
  }
  return writer.bytes.subarray(0, writer.at)
}

/** Bytes that a state record with so many runs takes at most. */
export function stateRoom(group: string, topicId: string, runs: number): number {
  return 96 + 3 * group.length + topicId.length + 32 * runs
}

export function readShareState(
  bytes: Uint8Array,
  at: number,
  length: number,
): { name: string; topicId: string; fact: ShareStateFact } {
  const reader = new VarintReader(bytes, at)
  const name = reader.text()
  const topicId = reader.text()
  const kind = STATE_KINDS[reader.number()]!
  if (kind === 'forgotten') return { name, topicId, fact: { kind } }
  const partition = reader.number()
  if (kind === 'start') return { name, topicId, fact: { kind, partition, offset: reader.number() } }
  const runs: Run[] = []
  while (reader.at < at + length) {
    const first = reader.number()
    runs.push({ first, last: first + reader.number(), state: reader.number(), count: reader.number() })
  }
  return { name, topicId, fact: { kind, partition, runs } }
}
