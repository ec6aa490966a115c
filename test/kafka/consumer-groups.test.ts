import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deleteTopic } from '../../src/broker/topic/delete.ts'
import { growTopic } from '../../src/broker/topic/grow.ts'
import { ErrorCode } from '../../src/wire/kafka/errors.ts'
import * as Describe from '../../src/wire/kafka/messages/consumer-group-describe.ts'
import * as Beat from '../../src/wire/kafka/messages/consumer-group-heartbeat.ts'
import type { Encodable } from '../../src/wire/kafka/schema.ts'
import { GroupRig } from './group-rig.ts'

const BEAT = { request: Beat.ConsumerGroupHeartbeatRequest, response: Beat.ConsumerGroupHeartbeatResponse }
const DESCRIBE = { request: Describe.ConsumerGroupDescribeRequest, response: Describe.ConsumerGroupDescribeResponse }

type Request = Encodable<typeof Beat.ConsumerGroupHeartbeatRequest>

function beat(rig: GroupRig, request: Request) {
  return rig.get(BEAT, 1, { groupId: 'g', ...request })
}

function join(rig: GroupRig, memberId: string, more: Request) {
  return beat(rig, { memberId, memberEpoch: 0, rebalanceTimeoutMs: 10_000, topicPartitions: [], ...more })
}

function describe(rig: GroupRig) {
  return rig.get(DESCRIBE, 1, { groupIds: ['g'] }).groups![0]!
}

/** How many partitions an answer assigns; -1 if it says nothing about that. */
function count({ assignment }: ReturnType<typeof beat>): number {
  if (assignment == null) return -1
  return assignment.topicPartitions!.reduce((sum, { partitions }) => sum + partitions!.length, 0)
}

test('a regular expression finds topics that are there and that come', () => {
  const rig = new GroupRig()
  rig.topic('orders.a')
  rig.topic('other')
  const first = join(rig, 'A', { subscribedTopicRegex: 'orders\\..*' })
  assert.equal(count(first), 3)
  rig.topic('orders.b')
  rig.run(1_100)
  assert.equal(count(beat(rig, { memberId: 'A', memberEpoch: first.memberEpoch })), 6)
})

test('partitions that come are assigned, and those of a deleted topic go', () => {
  const rig = new GroupRig()
  rig.topic('t')
  rig.topic('u')
  let epoch = join(rig, 'A', { subscribedTopicNames: ['t', 'u'] }).memberEpoch
  growTopic(rig.topics, rig.topics.byName.get('t')!, 5, false)
  rig.run(1_100)
  const grown = beat(rig, { memberId: 'A', memberEpoch: epoch })
  assert.equal(count(grown), 8)
  epoch = grown.memberEpoch
  deleteTopic(rig.topics, rig.topics.byName.get('u')!)
  rig.run(1_100)
  assert.equal(count(beat(rig, { memberId: 'A', memberEpoch: epoch })), 5)
})

for (const [how, after] of [
  ['the power is lost', (rig: GroupRig) => rig.afterPowerLoss()],
  ['the process is killed', (rig: GroupRig) => rig.afterKill()],
] as const) {
  test(`members go on where they were when ${how}`, () => {
    const rig = new GroupRig()
    rig.topic('t')
    join(rig, 'A', { subscribedTopicNames: ['t'] })
    join(rig, 'B', { subscribedTopicNames: ['t'], instanceId: 'i' })
    rig.run(1_100)
    const told = beat(rig, { memberId: 'B', memberEpoch: 2, instanceId: 'i' })
    const before = describe(rig)
    const again = after(rig)
    assert.deepEqual(describe(again), before)
    assert.equal(beat(again, { memberId: 'B', memberEpoch: told.memberEpoch, instanceId: 'i' }).errorCode ?? 0, 0)
    // Sessions begin anew, and end.
    again.run(46_000)
    assert.equal(describe(again).groupState, 'Empty')
  })
}

test('a member that is silent for its session is taken out, and one that does not give back in time', () => {
  const rig = new GroupRig()
  rig.topic('t')
  const { memberEpoch } = join(rig, 'A', { subscribedTopicNames: ['t'] })
  rig.run(1_100)
  join(rig, 'B', { subscribedTopicNames: ['t'] })
  assert.equal(count(beat(rig, { memberId: 'A', memberEpoch })), 2)
  rig.run(10_100)
  const { errorCode } = beat(rig, { memberId: 'A', memberEpoch })
  assert.equal(errorCode, ErrorCode.UNKNOWN_MEMBER_ID)
  rig.run(46_000)
  assert.equal(describe(rig).members!.length, 0)
})

test('a group is as large as it may be', () => {
  const rig = new GroupRig(1, { consumerGroupMaxSize: 1 })
  rig.topic('t')
  join(rig, 'A', { subscribedTopicNames: ['t'] })
  const { errorCode, errorMessage } = join(rig, 'B', { subscribedTopicNames: ['t'] })
  assert.equal(errorCode, ErrorCode.GROUP_MAX_SIZE_REACHED)
  assert.equal(errorMessage, 'The consumer group has reached its maximum capacity of 1 members.')
})

test('a member of version 0 gets its id from the coordinator', () => {
  const rig = new GroupRig()
  rig.topic('t')
  const request = { groupId: 'g', memberEpoch: 0, rebalanceTimeoutMs: 10_000, topicPartitions: [] }
  const { memberId } = rig.get(BEAT, 0, { ...request, subscribedTopicNames: ['t'] })
  assert.match(memberId!, /^[\w-]{22}$/)
})
