import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCode } from '../../src/wire/kafka/errors.ts'
import * as Describe from '../../src/wire/kafka/messages/describe-share-group-offsets.ts'
import * as Ack from '../../src/wire/kafka/messages/share-acknowledge.ts'
import * as Fetch from '../../src/wire/kafka/messages/share-fetch.ts'
import * as Beat from '../../src/wire/kafka/messages/share-group-heartbeat.ts'
import { GroupRig } from './group-rig.ts'

const BEAT = { request: Beat.ShareGroupHeartbeatRequest, response: Beat.ShareGroupHeartbeatResponse }
const FETCH = { request: Fetch.ShareFetchRequest, response: Fetch.ShareFetchResponse }
const ACK = { request: Ack.ShareAcknowledgeRequest, response: Ack.ShareAcknowledgeResponse }
const OFFSETS = {
  request: Describe.DescribeShareGroupOffsetsRequest,
  response: Describe.DescribeShareGroupOffsetsResponse,
}

const ACCEPT = 1
const RELEASE = 2

/** Reads partition 0 of topic `t`. */
class Reader {
  epoch = 0
  readonly rig: GroupRig
  readonly memberId: string
  private readonly groupId = 'g'

  constructor(rig: GroupRig, memberId: string) {
    this.rig = rig
    this.memberId = memberId
  }

  /** What it is handed, as `first-last*deliveries`. It may give records back by the same request. */
  fetch(maxWaitMs = 0, givesBack: readonly (readonly [first: number, last: number])[] = []): string {
    const { rig, memberId, groupId } = this
    const topicId = rig.topics.byName.get('t')!.id
    const acknowledgementBatches = givesBack.map(([firstOffset, lastOffset]) => ({
      firstOffset,
      lastOffset,
      acknowledgeTypes: [RELEASE],
    }))
    const isNamed = this.epoch === 0 || givesBack.length > 0
    const topics = isNamed ? [{ topicId, partitions: [{ partitionIndex: 0, acknowledgementBatches }] }] : []
    const limits = { maxWaitMs, minBytes: 1, maxBytes: 1_000_000, maxRecords: 500, batchSize: 500 }
    const asked = { ...limits, groupId, memberId, shareSessionEpoch: this.epoch, topics }
    const { errorCode, responses } = rig.get(FETCH, 2, asked)
    assert.equal(errorCode ?? 0, 0)
    this.epoch++
    const runs = responses!.flatMap(({ partitions }) => partitions!.flatMap((one) => one.acquiredRecords ?? []))
    return runs
      .map(({ firstOffset, lastOffset, deliveryCount }) => `${firstOffset}-${lastOffset}*${deliveryCount}`)
      .join(' ')
  }

  ack(firstOffset: number, lastOffset: number, type: number): number {
    const { rig, memberId, groupId } = this
    const topicId = rig.topics.byName.get('t')!.id
    const acknowledgementBatches = [{ firstOffset, lastOffset, acknowledgeTypes: [type] }]
    const topics = [{ topicId, partitions: [{ partitionIndex: 0, acknowledgementBatches }] }]
    const { responses } = rig.get(ACK, 2, { groupId, memberId, shareSessionEpoch: this.epoch++, topics })
    return responses![0]!.partitions![0]!.errorCode ?? 0
  }
}

function place(rig: GroupRig): number {
  const { groups } = rig.get(OFFSETS, 1, { groups: [{ groupId: 'g', topics: [{ topicName: 't', partitions: [0] }] }] })
  return groups![0]!.topics![0]!.partitions![0]!.startOffset!
}

function beginning(reset = 'earliest', seed = 1): GroupRig {
  const rig = new GroupRig(seed)
  rig.topic('t')
  rig.topics.configs.set('group', 'g', new Map([['share.auto.offset.reset', reset]]))
  return rig
}

for (const [how, after] of [
  ['the power is lost', (rig: GroupRig) => rig.afterPowerLoss()],
  ['the process is killed', (rig: GroupRig) => rig.afterKill()],
] as const) {
  test(`what was accepted never comes again, whatever happens to the broker: ${how}`, () => {
    let rig = beginning()
    rig.produce('t', 0, 10, 10)
    const a = new Reader(rig, 'A')
    assert.equal(a.fetch(), '0-19*1')
    assert.equal(a.ack(0, 4, ACCEPT), 0)
    assert.equal(a.ack(8, 9, ACCEPT), 0)
    assert.equal(a.ack(12, 12, RELEASE), 0)
    rig = after(rig)
    assert.equal(place(rig), 5)
    assert.equal(new Reader(rig, 'B').fetch(), '5-7*1 10-11*1 12-12*2 13-19*1')
  })
}

test('records whose time is over come again, and in the end are given up', () => {
  const rig = beginning()
  rig.produce('t', 0, 3)
  for (let time = 1; time <= 5; time++) {
    assert.equal(new Reader(rig, `M${time}`).fetch(), `0-2*${time}`)
    rig.run(30_100)
  }
  assert.equal(new Reader(rig, 'A').fetch(), '')
  assert.equal(place(rig), 3)
})

test('a member that begins another session goes on having what it had', () => {
  const rig = beginning()
  rig.produce('t', 0, 3)
  const [one, other] = [new Reader(rig, 'A'), new Reader(rig, 'B')]
  assert.equal(one.fetch(), '0-2*1')
  one.epoch = 0
  assert.equal(one.fetch(), '')
  assert.equal(other.fetch(), '')
  assert.equal(one.ack(0, 2, ACCEPT), 0)
})

test('a session in which a topic is named that is not there fails as long as it lasts', () => {
  const rig = beginning()
  const ask = (shareSessionEpoch: number, topicIds: readonly string[]) => {
    const topics = topicIds.map((topicId) => ({ topicId, partitions: [{ partitionIndex: 0 }] }))
    const limits = { maxWaitMs: 0, minBytes: 1, maxBytes: 1_000_000, maxRecords: 500, batchSize: 500 }
    return rig.get(FETCH, 2, { ...limits, groupId: 'g', memberId: 'A', shareSessionEpoch, topics }).errorCode ?? 0
  }
  const topicId = rig.topics.byName.get('t')!.id
  assert.equal(ask(0, [topicId, 'AAAAAAAAQAAAAAAAAAAAAQ']), ErrorCode.UNKNOWN_SERVER_ERROR)
  assert.equal(ask(1, []), ErrorCode.UNKNOWN_SERVER_ERROR)
  assert.equal(ask(-1, []), ErrorCode.NONE)
  assert.equal(ask(0, [topicId]), ErrorCode.NONE)
})

test('who asks where a group is in a partition that its topic has not is told so, and of no topic nothing', () => {
  const rig = beginning()
  const asked = (topicName: string, number: number) => {
    const { groups } = rig.get(OFFSETS, 1, {
      groups: [{ groupId: 'g', topics: [{ topicName, partitions: [number] }] }],
    })
    return groups![0]!.topics![0]!.partitions![0]!.errorCode ?? 0
  }
  assert.equal(asked('t', 0), ErrorCode.NONE)
  assert.equal(asked('t', 99), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  assert.equal(asked('nowhere', 0), ErrorCode.NONE)
})

test('who waits gets what comes, and what somebody else gives back', () => {
  const rig = beginning()
  const a = new Reader(rig, 'A')
  const b = new Reader(rig, 'B')
  assert.equal(a.fetch(), '')
  assert.equal(b.fetch(), '')
  rig.clock.after(100, () => rig.append('t', 0, 2))
  assert.equal(a.fetch(900), '0-1*1')
  rig.clock.after(100, () => a.ack(0, 0, RELEASE))
  assert.equal(b.fetch(900), '0-0*2')
})

test('what is given back by a fetch is handed out by it only if there is nothing else', () => {
  const rig = beginning()
  rig.produce('t', 0, 3)
  const reader = new Reader(rig, 'A')
  assert.equal(reader.fetch(), '0-2*1')
  rig.produce('t', 0, 3)
  assert.equal(reader.fetch(0, [[1, 1]]), '3-5*1')
  assert.equal(reader.fetch(0, [[4, 4]]), '1-1*2')
  assert.equal(reader.fetch(0, [[0, 0]]), '4-4*2')
  assert.equal(reader.fetch(0, [[5, 5]]), '0-0*2')
  assert.equal(reader.fetch(), '5-5*2')
  assert.equal(reader.fetch(0, [[2, 3]]), '2-3*2')
})

test('a group begins where share.auto.offset.reset says', () => {
  for (const [reset, expected] of [
    ['earliest', '0-4*1'],
    ['latest', ''],
    ['by_duration:P10000D', '0-4*1'],
  ] as const) {
    const rig = beginning(reset)
    rig.produce('t', 0, 5)
    const a = new Reader(rig, 'A')
    assert.equal(a.fetch(), expected)
    if (expected !== '') continue
    rig.produce('t', 0, 2)
    assert.equal(a.fetch(), '5-6*1', reset)
  }
})

test('no more records are on their way than there may be', () => {
  const rig = beginning()
  rig.topics.configs.set(
    'group',
    'g',
    new Map([
      ['share.auto.offset.reset', 'earliest'],
      ['share.partition.max.record.locks', '100'],
    ]),
  )
  rig.produce('t', 0, 90, 90)
  const a = new Reader(rig, 'A')
  assert.equal(a.fetch(), '0-99*1')
  assert.equal(a.fetch(), '')
  a.ack(0, 49, ACCEPT)
  assert.equal(a.fetch(), '100-149*1')
})

test('every partition has a reader, and every member something to read', () => {
  const rig = new GroupRig()
  rig.topic('t')
  const readers = ['A', 'B', 'C', 'D', 'E']
  const join = { groupId: 'g', memberEpoch: 0, subscribedTopicNames: ['t'] }
  for (const memberId of readers) rig.get(BEAT, 1, { ...join, memberId })
  const read = readers.map(
    (memberId) => rig.get(BEAT, 1, { ...join, memberId }).assignment!.topicPartitions![0]!.partitions!,
  )
  assert.deepEqual([...new Set(read.flat())].sort(), [0, 1, 2])
  assert.ok(read.every((partitions) => partitions.length === 1))
})

test('what a silent member has is handed to another', () => {
  const rig = beginning()
  rig.produce('t', 0, 2)
  const join = { groupId: 'g', memberId: 'A', memberEpoch: 0, subscribedTopicNames: ['t'] }
  rig.get(BEAT, 1, join)
  const a = new Reader(rig, 'A')
  assert.equal(a.fetch(), '0-1*1')
  rig.get(BEAT, 1, { groupId: 'g', memberId: 'A', memberEpoch: -1 })
  assert.equal(new Reader(rig, 'B').fetch(), '0-1*2')
})
