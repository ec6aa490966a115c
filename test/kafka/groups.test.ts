import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deleteTopic } from '../../src/broker/topic/delete.ts'
import type { Group } from '../../src/core/group/classic.ts'
import { ErrorCode, errorName } from '../../src/wire/kafka/errors.ts'
import * as Delete from '../../src/wire/kafka/messages/delete-groups.ts'
import * as Describe from '../../src/wire/kafka/messages/describe-groups.ts'
import * as Find from '../../src/wire/kafka/messages/find-coordinator.ts'
import * as Beat from '../../src/wire/kafka/messages/heartbeat.ts'
import * as Join from '../../src/wire/kafka/messages/join-group.ts'
import * as Leave from '../../src/wire/kafka/messages/leave-group.ts'
import * as List from '../../src/wire/kafka/messages/list-groups.ts'
import * as Commit from '../../src/wire/kafka/messages/offset-commit.ts'
import * as OffsetDelete from '../../src/wire/kafka/messages/offset-delete.ts'
import * as Fetch from '../../src/wire/kafka/messages/offset-fetch.ts'
import * as Sync from '../../src/wire/kafka/messages/sync-group.ts'
import { GroupRig } from './group-rig.ts'

const JOIN = { request: Join.JoinGroupRequest, response: Join.JoinGroupResponse }
const SYNC = { request: Sync.SyncGroupRequest, response: Sync.SyncGroupResponse }
const BEAT = { request: Beat.HeartbeatRequest, response: Beat.HeartbeatResponse }
const LEAVE = { request: Leave.LeaveGroupRequest, response: Leave.LeaveGroupResponse }
const COMMIT = { request: Commit.OffsetCommitRequest, response: Commit.OffsetCommitResponse }
const FETCH = { request: Fetch.OffsetFetchRequest, response: Fetch.OffsetFetchResponse }
const FIND = { request: Find.FindCoordinatorRequest, response: Find.FindCoordinatorResponse }
const DESCRIBE = { request: Describe.DescribeGroupsRequest, response: Describe.DescribeGroupsResponse }
const LIST = { request: List.ListGroupsRequest, response: List.ListGroupsResponse }
const DELETE = { request: Delete.DeleteGroupsRequest, response: Delete.DeleteGroupsResponse }
const DELETE_OFFSETS = { request: OffsetDelete.OffsetDeleteRequest, response: OffsetDelete.OffsetDeleteResponse }

/** Subscribed to topic `t`: version 0, one topic, no user data. */
const METADATA = Buffer.from('\0\0\0\0\0\x01\0\x01t\xff\xff\xff\xff', 'latin1')

function join(rig: GroupRig, memberId = '', version = 3) {
  const protocols = [{ name: 'range', metadata: METADATA }]
  const timeouts = { sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 5_000 }
  return rig.ask(JOIN, version, { groupId: 'g', ...timeouts, memberId, protocolType: 'consumer', protocols })
}

/** A group of one, stable in generation 1. */
function joined(rig: GroupRig): string {
  const first = join(rig)
  rig.run()
  const memberId = first.answer!.memberId!
  const assignments = [{ memberId, assignment: Buffer.from('all') }]
  rig.get(SYNC, 3, { groupId: 'g', generationId: 1, memberId, assignments })
  return memberId
}

function commit(rig: GroupRig, partition: number, offset: number, more: object = {}) {
  const partitions = [{ partitionIndex: partition, committedOffset: offset, committedMetadata: `at ${offset}` }]
  return rig.ask(COMMIT, 7, { groupId: 'g', topics: [{ name: 't', partitions }], ...more })
}

function fetched(rig: GroupRig, groupId = 'g'): string {
  const { topics } = rig.get(FETCH, 7, { groupId, topics: null })
  return topics!
    .flatMap(({ name, partitions }) => partitions!.map((one) => `${name}/${one.partitionIndex}=${one.committedOffset}`))
    .sort()
    .join(' ')
}

test('an answer waits until what it tells is on the disk', () => {
  const rig = new GroupRig()
  rig.topic('t')
  const asked = commit(rig, 0, 5)
  assert.equal(asked.answer, null)
  // What another client reads must not be lost either.
  const read = rig.ask(FETCH, 7, { groupId: 'g', topics: null })
  assert.equal(read.answer, null)
  rig.run()
  assert.equal(asked.answer!.topics![0]!.partitions![0]!.errorCode, 0)
  assert.equal(read.answer!.topics!.length, 1)
})

test('a stable group and its offsets go on after kill -9, and its member need not join again', () => {
  let rig = new GroupRig()
  rig.topic('t')
  const memberId = joined(rig)
  commit(rig, 1, 7, { memberId, generationIdOrMemberEpoch: 1 })
  rig.run()
  rig = rig.afterKill()
  assert.equal(fetched(rig), 't/1=7')
  assert.equal(rig.get(BEAT, 3, { groupId: 'g', memberId, generationId: 1 }).errorCode, 0)
  const { groups } = rig.get(DESCRIBE, 5, { groups: ['g'] })
  assert.equal(groups![0]!.groupState, 'Stable')
  assert.equal(Buffer.from(groups![0]!.members![0]!.memberAssignment!).toString(), 'all')
  rig.run(11_000)
  assert.equal(rig.get(DESCRIBE, 5, { groups: ['g'] }).groups![0]!.groupState, 'Empty')
  rig = rig.afterKill()
  assert.equal(rig.get(LIST, 4, { statesFilter: ['empty'] }).groups!.length, 1)
})

test('acknowledged commits survive power loss, however often, and none is read that was never made', () => {
  for (let seed = 1; seed <= 12; seed++) {
    let rig = new GroupRig(seed)
    rig.topic('t')
    const memberId = joined(rig)
    const acknowledged = [-1, -1, -1]
    const sent = [-1, -1, -1]
    let offset = 0
    for (let round = 0; round < 4; round++) {
      const asked: { partition: number; offset: number; answer: ReturnType<typeof commit> }[] = []
      const steps = rig.dice.between(50, 600)
      for (let i = 0; i < steps; i++) {
        const partition = rig.dice.below(3)
        sent[partition] = ++offset
        asked.push({
          partition,
          offset,
          answer: commit(rig, partition, offset, { memberId, generationIdOrMemberEpoch: 1 }),
        })
        if (rig.dice.chance(0.3)) rig.run(rig.dice.below(4))
      }
      for (const one of asked) {
        const { answer } = one.answer
        if (answer !== null && answer.topics![0]!.partitions![0]!.errorCode === 0)
          acknowledged[one.partition] = one.offset
      }
      rig = rig.afterPowerLoss()
      assert.equal(rig.get(BEAT, 3, { groupId: 'g', memberId, generationId: 1 }).errorCode, 0)
      const found = [-1, -1, -1]
      for (const text of fetched(rig).split(' ').filter(Boolean)) {
        found[Number(text[2])] = Number(text.slice(4))
      }
      for (const [partition, least] of acknowledged.entries()) {
        assert.ok(found[partition]! >= least, `seed ${seed}: ${found[partition]} after ${least} was promised`)
        assert.ok(found[partition]! <= sent[partition]!, `seed ${seed}: nobody has committed ${found[partition]}`)
        acknowledged[partition] = found[partition]!
      }
    }
  }
})

test('offsets go with their topic, also at recovery, and come back for a new topic of that name only when committed', () => {
  let rig = new GroupRig()
  rig.topic('t')
  rig.topic('u')
  commit(rig, 0, 5)
  rig.get(COMMIT, 7, { groupId: 'g', topics: [{ name: 'u', partitions: [{ partitionIndex: 0, committedOffset: 1 }] }] })
  deleteTopic(rig.topics, rig.topics.byName.get('t')!)
  assert.equal(fetched(rig), 'u/0=1')
  rig.topic('t')
  rig.run()
  rig = rig.afterKill()
  assert.equal(fetched(rig), 'u/0=1')
  commit(rig, 2, 9)
  rig.run()
  rig = rig.afterKill()
  assert.equal(fetched(rig), 't/2=9 u/0=1')
})

test('offsets of a group without members expire, and then the group', () => {
  const retention = { offsetsRetentionMs: 50_000, offsetsRetentionCheckIntervalMs: 10_000 }
  let rig = new GroupRig(1, retention)
  rig.topic('t')
  const memberId = joined(rig)
  commit(rig, 0, 5, { memberId, generationIdOrMemberEpoch: 1 })
  for (let i = 0; i < 20; i++) {
    rig.run(5_000)
    assert.equal(rig.get(BEAT, 3, { groupId: 'g', memberId, generationId: 1 }).errorCode, 0)
  }
  assert.equal(fetched(rig), 't/0=5')
  rig.get(LEAVE, 1, { groupId: 'g', memberId })
  rig.run(45_000)
  assert.equal(fetched(rig), 't/0=5')
  rig.run(20_000)
  assert.equal(fetched(rig), '')
  assert.equal(rig.get(LIST, 4, {}).groups!.length, 0)
  rig = rig.afterKill()
  assert.equal(rig.get(LIST, 4, {}).groups!.length, 0)
})

test('each partition of a commit has its own error, and topics go by id', () => {
  const rig = new GroupRig()
  const topicId = rig.topic('t')
  const partitions = [
    { partitionIndex: 0, committedOffset: 1, committedMetadata: 'x'.repeat(4097) },
    { partitionIndex: 1, committedOffset: 2, committedLeaderEpoch: 4, committedMetadata: null },
    { partitionIndex: 3, committedOffset: 3 },
    { partitionIndex: -1, committedOffset: 3 },
  ]
  const answer = rig.get(COMMIT, 10, { groupId: 'g', topics: [{ topicId, partitions }, { partitions }] })
  const errors = answer.topics!.map((topic) => topic.partitions!.map((one) => errorName(one.errorCode!)))
  const unknown = 'UNKNOWN_TOPIC_OR_PARTITION'
  assert.deepEqual(errors[0], ['OFFSET_METADATA_TOO_LARGE', 'NONE', unknown, unknown])
  assert.deepEqual(new Set(errors[1]), new Set(['UNKNOWN_TOPIC_ID']))
  const asked = [
    { groupId: 'g', topics: [{ topicId, partitionIndexes: [0, 1] }] },
    { groupId: 'nobody', topics: null },
  ]
  const { groups } = rig.get(FETCH, 10, { groups: asked })
  assert.deepEqual(
    groups![0]!.topics![0]!.partitions!.map((one) => [one.committedOffset, one.committedLeaderEpoch, one.metadata]),
    [
      [-1, -1, ''],
      [2, 4, ''],
    ],
  )
  assert.deepEqual(groups![1]!.topics, [])
})

test('a topic that members read keeps its offsets, another gives them up', () => {
  const rig = new GroupRig()
  rig.topic('t')
  rig.topic('u')
  commit(rig, 0, 5)
  rig.get(COMMIT, 7, { groupId: 'g', topics: [{ name: 'u', partitions: [{ partitionIndex: 0, committedOffset: 1 }] }] })
  joined(rig)
  const topics = ['t', 'u', 'nope'].map((name) => ({ name, partitions: [{ partitionIndex: 0 }] }))
  const answer = rig.get(DELETE_OFFSETS, 0, { groupId: 'g', topics })
  assert.deepEqual(
    answer.topics!.map((topic) => topic.partitions![0]!.errorCode),
    [ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC, ErrorCode.NONE, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
  )
  assert.equal(fetched(rig), 't/0=5')
})

test('who joins is not known to read anything before the next generation begins', () => {
  const rig = new GroupRig()
  rig.topic('t')
  rig.topic('u')
  for (const name of ['t', 'u'])
    rig.get(COMMIT, 7, { groupId: 'g', topics: [{ name, partitions: [{ partitionIndex: 0, committedOffset: 1 }] }] })
  const forgets = (name: string) =>
    rig.get(DELETE_OFFSETS, 0, { groupId: 'g', topics: [{ name, partitions: [{ partitionIndex: 0 }] }] }).topics![0]!
      .partitions![0]!.errorCode
  joined(rig)
  // In the group's own words: topic u.
  const metadata = Buffer.from(METADATA.toString('latin1').replace('t', 'u'), 'latin1')
  const timeouts = { sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 5_000 }
  rig.ask(JOIN, 3, { groupId: 'g', ...timeouts, protocolType: 'consumer', protocols: [{ name: 'range', metadata }] })
  assert.equal(forgets('t'), ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC)
  assert.equal(forgets('u'), ErrorCode.NONE)
})

test('a group is deleted with its offsets once it has no members, for good', () => {
  let rig = new GroupRig()
  rig.topic('t')
  const memberId = joined(rig)
  commit(rig, 0, 5, { memberId, generationIdOrMemberEpoch: 1 })
  const codes = () => rig.get(DELETE, 2, { groupsNames: ['g', 'nobody'] }).results!.map((one) => one.errorCode)
  assert.deepEqual(codes(), [ErrorCode.NON_EMPTY_GROUP, ErrorCode.GROUP_ID_NOT_FOUND])
  rig.get(LEAVE, 5, { groupId: 'g', members: [{ memberId }] })
  assert.deepEqual(codes(), [ErrorCode.NONE, ErrorCode.GROUP_ID_NOT_FOUND])
  rig = rig.afterKill()
  assert.equal(fetched(rig), '')
  assert.equal(rig.get(DESCRIBE, 6, { groups: ['g'] }).groups![0]!.errorCode, ErrorCode.GROUP_ID_NOT_FOUND)
})

test('every group and every transactional id is coordinated here', () => {
  const rig = new GroupRig()
  const here = rig.get(FIND, 6, { keyType: 0, coordinatorKeys: ['a', 'b'] }).coordinators!
  assert.deepEqual(
    here.map((one) => [one.key, one.host, one.port, one.errorCode]),
    [
      ['a', '127.0.0.1', 9092, 0],
      ['b', '127.0.0.1', 9092, 0],
    ],
  )
  assert.equal(rig.get(FIND, 3, { keyType: 0, key: 'a' }).port, 9092)
  assert.equal(rig.get(FIND, 1, { keyType: 1, key: 't' }).port, 9092)
})

test('what a bad request says of a group leaves nothing behind', () => {
  const rig = new GroupRig()
  assert.equal(join(rig, 'made up', 9).answer!.errorCode, ErrorCode.UNKNOWN_MEMBER_ID)
  const bad = { groupId: 'g', sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 1, memberId: '', protocolType: '' }
  assert.equal(rig.get(JOIN, 9, bad).errorCode, ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
  assert.equal(rig.get(JOIN, 9, { ...bad, sessionTimeoutMs: 1 }).errorCode, ErrorCode.INVALID_SESSION_TIMEOUT)
  assert.equal(rig.get(JOIN, 9, { ...bad, groupId: '' }).errorCode, ErrorCode.INVALID_GROUP_ID)
  const late = rig.get(COMMIT, 8, { groupId: 'g', generationIdOrMemberEpoch: 3, memberId: 'm', topics: [] })
  assert.deepEqual(late.topics, [])
  assert.equal(rig.groups.byName.size, 0)
})

test('names of any length are refused or kept, and nothing is written without room', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const rig = new GroupRig(seed)
    rig.topic('t')
    const long = () => 'ü'.repeat(rig.dice.chance(0.5) ? rig.dice.below(20) : rig.dice.below(9_000))
    for (let i = 0; i < 30; i++) {
      const groupId = `g${long()}`
      const protocols = [{ name: long(), metadata: new Uint8Array(rig.dice.below(9_000)) }]
      const timeouts = { sessionTimeoutMs: 6_000, rebalanceTimeoutMs: 1 }
      const groupInstanceId = rig.dice.chance(0.3) ? long() : null
      const asked = rig.ask(JOIN, 5, { groupId, ...timeouts, groupInstanceId, protocolType: `p${long()}`, protocols })
      rig.run()
      const { memberId, errorCode } = asked.answer ?? {}
      if (errorCode === ErrorCode.MEMBER_ID_REQUIRED) {
        rig.ask(JOIN, 5, { groupId, ...timeouts, memberId: memberId!, protocolType: `p${long()}`, protocols })
        rig.run()
      }
      const assignments = [{ memberId: memberId ?? '', assignment: new Uint8Array(rig.dice.below(9_000)) }]
      rig.ask(SYNC, 3, { groupId, generationId: 1, memberId: memberId ?? '', groupInstanceId, assignments })
      const partitions = [0, 1, 2].map((one) => ({ partitionIndex: one, committedMetadata: long().slice(0, 4096) }))
      rig.ask(COMMIT, 7, { groupId, topics: [{ name: 't', partitions }] })
      rig.run(rig.dice.below(3_000))
    }
    rig.run(20_000)
    const { groups } = rig.get(LIST, 4, {})
    assert.deepEqual(new Set(groups!.map((one) => one.groupState)), new Set(['Empty']))
    // What was no more than given an id is not durable.
    const isKept = ({ image, offsets }: Group) => image !== null || !offsets.isEmpty
    const names = groups!.map((one) => one.groupId!).filter((name) => isKept(rig.groups.byName.get(name)!))
    const again = rig.afterPowerLoss()
    const after = again.get(LIST, 4, {}).groups!.map((one) => one.groupId!)
    assert.deepEqual(after.sort(), names.sort())
  }
})
