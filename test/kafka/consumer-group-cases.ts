import type { Encodable } from '../../src/wire/kafka/schema.ts'
import { type Asked, type Dialogue, type MESSAGES, subscription } from './group-dialogue.ts'

type Beat = Encodable<(typeof MESSAGES)['consumer']['request']>

/** Longer than `consumer.assignment.interval.ms`. */
const INTERVAL_MS = 1200

const JOIN = { memberEpoch: 0, rebalanceTimeoutMs: 60_000, topicPartitions: [] }

/** What is said to both brokers about groups of the consumer protocol. Each part has groups of its own. */
export async function playConsumers(dialogue: Dialogue): Promise<void> {
  dialogue.wordy = true
  const c1 = await dialogue.topic('groups-c1')
  const c2 = await dialogue.topic('groups-c2')
  await wrong(dialogue)
  await alone(dialogue, c1)
  await two(dialogue, c1)
  await fencing(dialogue, c1)
  await statics(dialogue, c1)
  await ranges(dialogue, c1, c2)
  await offsets(dialogue, c1)
  await upgrades(dialogue, c1)
  await strangers(dialogue, c1)
}

/** A member that says what a client would say, and remembers what it was told. */
class Member {
  epoch = 0
  owned: { topicId: string; partitions: number[] }[] = []
  private readonly dialogue: Dialogue
  private readonly groupId: string
  private readonly memberId: string
  private readonly instanceId: string | null

  constructor(dialogue: Dialogue, groupId: string, memberId: string, instanceId: string | null = null) {
    this.dialogue = dialogue
    this.groupId = groupId
    this.memberId = memberId
    this.instanceId = instanceId
  }

  async ask(label: string, more: Beat, version = 1): Promise<Asked<'consumer'>> {
    const { groupId, memberId, instanceId, epoch: memberEpoch } = this
    const asked = await this.dialogue.ask(label, 'consumer', version, {
      groupId,
      memberId,
      instanceId,
      memberEpoch,
      ...more,
    })
    const { answer } = asked
    if (answer !== null && answer.errorCode === 0) {
      this.epoch = answer.memberEpoch
      if (answer.assignment !== null) this.owned = answer.assignment.topicPartitions
    }
    return asked
  }

  join(label: string, more: Beat): Promise<Asked<'consumer'>> {
    return this.ask(label, { ...JOIN, ...more })
  }

  /** Nothing has changed. */
  beat(label: string): Promise<Asked<'consumer'>> {
    return this.ask(label, {})
  }

  /** Says what it has by now. */
  own(label: string): Promise<Asked<'consumer'>> {
    return this.ask(label, { topicPartitions: this.owned })
  }
}

async function wrong(d: Dialogue): Promise<void> {
  const groupId = 'groups-wrong'
  const memberId = 'm'
  const subscribedTopicNames = ['groups-c1']
  const good = { ...JOIN, groupId, memberId, subscribedTopicNames }
  const cases: [string, Beat][] = [
    ['no group', { ...good, groupId: '' }],
    ['no member', { ...good, memberId: '' }],
    ['no group, no member', { ...good, groupId: '', memberId: '' }],
    ['no instance', { ...good, instanceId: '' }],
    ['no rack', { ...good, rackId: '' }],
    ['no time-out', { ...good, rebalanceTimeoutMs: -1 }],
    ['time-out 0', { ...good, rebalanceTimeoutMs: 0 }],
    ['owns', { ...good, topicPartitions: [{ partitions: [1] }] }],
    ['owns unsaid', { ...good, topicPartitions: null }],
    ['reads unsaid', { ...good, subscribedTopicNames: null }],
    ['bad regex', { ...good, subscribedTopicNames: null, subscribedTopicRegex: 'a(' }],
    ['bad regex later', { ...good, memberEpoch: 3, subscribedTopicRegex: '[' }],
    ['unknown assignor', { ...good, serverAssignor: 'best' }],
    ['epoch -3', { ...good, memberEpoch: -3 }],
    ['epoch -2', { ...good, memberEpoch: -2 }],
    ['epoch -2 without a member', { ...good, memberId: '', instanceId: 'i', memberEpoch: -2 }],
    ['epoch -1 without a member', { ...good, memberId: '', memberEpoch: -1 }],
    ['stranger', { groupId: 'groups-nobody', memberId, memberEpoch: 4 }],
    ['stranger leaves', { groupId: 'groups-nobody', memberId, memberEpoch: -1 }],
    ['stranger leaves for now', { groupId: 'groups-nobody', memberId, instanceId: 'i', memberEpoch: -2 }],
  ]
  for (const [label, request] of cases) await d.ask(label, 'consumer', 1, request)
  await d.ask('leaves', 'consumer', 1, { groupId, memberId, memberEpoch: -1 })
  await d.ask('no member, epoch 3, in version 0', 'consumer', 0, { ...good, memberId: '', memberEpoch: 3 })
  const groupIds = ['groups-nobody', '']
  for (const version of [0, 1])
    await d.ask('nobody', 'consumers', version, { groupIds, includeAuthorizedOperations: true })
}

async function alone(d: Dialogue, topicId: string): Promise<void> {
  const groupId = 'groups-alone'
  const a = new Member(d, groupId, 'A')
  await a.join('joins', { subscribedTopicNames: ['groups-c1', 'groups-none'] })
  await d.ask('one', 'consumers', 1, { groupIds: [groupId] })
  await a.beat('nothing new')
  await a.own('owns')
  await a.ask('full', { rebalanceTimeoutMs: 60_000, subscribedTopicNames: ['groups-c1'], topicPartitions: a.owned })
  await d.wait(INTERVAL_MS)
  await a.beat('after the interval')
  await a.ask('owns what it has not', { topicPartitions: [{ topicId, partitions: [7] }] })
  await a.ask('reads nothing', { subscribedTopicNames: [], topicPartitions: a.owned })
  await d.wait(INTERVAL_MS)
  await a.beat('has nothing')
  await a.own('owns nothing')
  await d.ask('one', 'consumers', 1, { groupIds: [groupId] })
  await d.ask('as classic', 'describe', 6, { groups: [groupId], includeAuthorizedOperations: true })
  await d.ask('as classic', 'describe', 5, { groups: [groupId] })
  await d.ask('not empty', 'delete', 2, { groupsNames: [groupId] })
  await a.ask('leaves', { memberEpoch: -1 })
  await d.ask('empty', 'consumers', 1, { groupIds: [groupId] })
  await a.ask('left', { memberEpoch: 1 })
  await d.ask('gone', 'delete', 2, { groupsNames: [groupId] })
  await d.ask('gone', 'consumers', 1, { groupIds: [groupId] })
  const b = new Member(d, 'groups-nothing', 'B')
  await b.join('reads nothing', { subscribedTopicNames: [] })
  await d.ask('nothing', 'consumers', 1, { groupIds: ['groups-nothing'] })
  await b.ask('leaves', { memberEpoch: -1 })
}

async function two(d: Dialogue, topicId: string): Promise<void> {
  const groupId = 'groups-two'
  const a = new Member(d, groupId, 'A')
  const b = new Member(d, groupId, 'B')
  const subscribedTopicNames = ['groups-c1']
  await a.join('A joins', { subscribedTopicNames })
  await b.join('B joins at once', { subscribedTopicNames })
  await a.own('A beats before the interval')
  await d.wait(INTERVAL_MS)
  await b.beat('B after the interval')
  await d.ask('two', 'consumers', 1, { groupIds: [groupId] })
  const revoking = await a.beat('A is told')
  await d.ask('two', 'consumers', 1, { groupIds: [groupId] })
  await b.beat('B waits')
  await a.ask('A still has all', { topicPartitions: [{ topicId, partitions: [0, 1, 2] }] })
  if (revoking.answer?.errorCode === 0) await a.own('A has given back')
  await b.beat('B gets')
  await b.own('B has')
  await d.ask('two', 'consumers', 1, { groupIds: [groupId] })
  await d.ask('listed', 'list', 5, { statesFilter: ['STABLE'], typesFilter: ['Consumer'] })
  await a.ask('A leaves', { memberEpoch: -1 })
  await b.beat('B before the interval')
  await d.wait(INTERVAL_MS)
  await b.beat('B gets all')
  await b.ask('B leaves', { memberEpoch: -1 })
}

async function fencing(d: Dialogue, topicId: string): Promise<void> {
  const groupId = 'groups-fencing'
  const a = new Member(d, groupId, 'A')
  const subscribedTopicNames = ['groups-c1']
  await a.join('A joins', { subscribedTopicNames })
  const { epoch } = a
  await a.ask('greater', { memberEpoch: epoch + 1 })
  await a.ask('smaller', { memberEpoch: epoch - 1, topicPartitions: [{ topicId, partitions: [0] }] })
  await d.wait(INTERVAL_MS)
  await a.ask('reads more', { subscribedTopicNames: ['groups-c1', 'groups-c2'] })
  await a.ask('epoch before, unsaid', { memberEpoch: epoch })
  await a.ask('epoch before, owns', { memberEpoch: epoch, topicPartitions: [{ topicId, partitions: [0] }] })
  await a.ask('epoch before, owns more', { memberEpoch: epoch, topicPartitions: [{ topicId, partitions: [9] }] })
  await a.join('joins again', { subscribedTopicNames })
  await d.ask('after that', 'consumers', 1, { groupIds: [groupId] })
  await d.wait(INTERVAL_MS)
  await a.join('joins once more', { subscribedTopicNames })
  await new Member(d, groupId, 'B').ask('B beats', { memberEpoch: 1 })
  await new Member(d, groupId, 'B').ask('B leaves', { memberEpoch: -1 })
  await a.ask('A leaves', { memberEpoch: -1 })
}

async function statics(d: Dialogue, topicId: string): Promise<void> {
  const groupId = 'groups-statics'
  const a = new Member(d, groupId, 'A', 'i')
  const subscribedTopicNames = ['groups-c1']
  await a.join('A joins', { subscribedTopicNames })
  const b = new Member(d, groupId, 'B', 'i')
  await b.join('B joins too early', { subscribedTopicNames })
  await b.ask('B beats', { memberEpoch: 1 })
  await b.ask('B leaves', { memberEpoch: -1 })
  await new Member(d, groupId, 'A', 'j').ask('A as j', { memberEpoch: 1 })
  await a.ask('A leaves for now', { memberEpoch: -2 })
  await d.ask('away', 'consumers', 1, { groupIds: [groupId] })
  a.epoch = 1
  await a.beat('A beats')
  await b.join('B takes over', { subscribedTopicNames })
  await d.ask('taken over', 'consumers', 1, { groupIds: [groupId] })
  await a.ask('A beats', { memberEpoch: 1 })
  await b.own('B has')
  const c = new Member(d, groupId, 'C')
  await c.join('C joins', { subscribedTopicNames })
  await d.wait(INTERVAL_MS)
  await c.beat('C beats')
  await b.beat('B is told')
  await b.ask('B leaves for now', { memberEpoch: -2 })
  await c.beat('C gets')
  await d.ask('away', 'consumers', 1, { groupIds: [groupId] })
  const e = new Member(d, groupId, 'E', 'i')
  await e.join('E takes over', { subscribedTopicNames })
  await e.ask('E leaves', { memberEpoch: -1 })
  await c.ask('C leaves', { memberEpoch: -1 })
  await c.ask('C reads', { memberEpoch: -1, topicPartitions: [{ topicId, partitions: [0] }] })
}

async function ranges(d: Dialogue, c1: string, c2: string): Promise<void> {
  const groupId = 'groups-ranges'
  const both = ['groups-c1', 'groups-c2']
  const a = new Member(d, groupId, 'A')
  const b = new Member(d, groupId, 'B')
  await a.join('A joins', { subscribedTopicNames: both, serverAssignor: 'range' })
  await b.join('B joins', { subscribedTopicNames: both })
  await d.wait(INTERVAL_MS)
  await a.own('A')
  await a.own('A')
  await b.own('B')
  await d.ask('range', 'consumers', 1, { groupIds: [groupId] })
  await d.wait(INTERVAL_MS)
  await a.ask('uniform', { serverAssignor: 'uniform', topicPartitions: a.owned })
  await d.wait(INTERVAL_MS)
  await a.own('A')
  await d.ask('uniform', 'consumers', 1, { groupIds: [groupId] })
  await a.ask('A leaves', { memberEpoch: -1 })
  await b.ask('B leaves', { memberEpoch: -1 })
  await d.ask(`${c1.length} ${c2.length}`, 'consumers', 0, { groupIds: [groupId] })
}

function offset(partitionIndex: number, committedOffset: number) {
  return { partitionIndex, committedOffset, committedMetadata: '', committedLeaderEpoch: -1 }
}

async function offsets(d: Dialogue, topicId: string): Promise<void> {
  const groupId = 'groups-offsets'
  const a = new Member(d, groupId, 'A')
  await a.join('A joins', { subscribedTopicNames: ['groups-c1'] })
  const topics = [{ name: 'groups-c1', topicId, partitions: [offset(0, 5)] }]
  const { epoch } = a
  for (const version of [2, 8, 9, 10]) {
    const commit = { groupId, memberId: 'A', generationIdOrMemberEpoch: epoch, topics }
    await d.ask('A commits', 'commit', version, commit)
    await d.ask('stale', 'commit', version, { ...commit, generationIdOrMemberEpoch: epoch - 1 })
    await d.ask('ahead', 'commit', version, { ...commit, generationIdOrMemberEpoch: epoch + 1 })
    await d.ask('no epoch', 'commit', version, { ...commit, generationIdOrMemberEpoch: -1 })
    await d.ask('stranger', 'commit', version, { ...commit, memberId: 'B' })
    await d.ask('nobody', 'commit', version, { ...commit, memberId: '', generationIdOrMemberEpoch: -1 })
  }
  const asked = [{ name: 'groups-c1', topicId, partitionIndexes: [0] }]
  for (const version of [8, 9, 10]) {
    for (const [memberId, memberEpoch] of [
      ['A', epoch],
      ['A', epoch - 1],
      ['A', epoch + 1],
      ['B', epoch],
      [null, -1],
      ['', -1],
    ] as const) {
      const groups = [{ groupId, memberId, memberEpoch, topics: asked }]
      await d.ask(`${memberId} in ${memberEpoch}`, 'fetch', version, { groups })
    }
  }
  await d.ask('all, stale', 'fetch', 9, { groups: [{ groupId, memberId: 'A', memberEpoch: 77, topics: null }] })
  await d.ask('read', 'offsetDelete', 0, {
    groupId,
    topics: [{ name: 'groups-c1', partitions: [{ partitionIndex: 0 }] }],
  })
  await d.wait(INTERVAL_MS)
  await a.ask('reads more', { subscribedTopicNames: ['groups-c1', 'groups-c2'] })
  const old = { groupId, memberId: 'A', generationIdOrMemberEpoch: epoch, topics }
  await d.ask('epoch before', 'commit', 9, old)
  await d.ask('epoch before, not its own', 'commit', 9, {
    ...old,
    topics: [{ name: 'groups-c2', partitions: [offset(0, 1)] }],
  })
  const some = [offset(0, 7), offset(2, 8)]
  const mixed = [
    { name: 'groups-c1', partitions: some },
    { name: 'groups-c2', partitions: some },
  ]
  await d.ask('epoch before, some its own', 'commit', 9, { ...old, topics: mixed })
  await a.ask('A leaves', { memberEpoch: -1 })
  await d.ask('empty', 'commit', 9, { ...old, memberId: '', generationIdOrMemberEpoch: -1 })
  await d.ask('empty, stale', 'commit', 9, old)
  await d.ask('unread', 'offsetDelete', 0, {
    groupId,
    topics: [{ name: 'groups-c1', partitions: [{ partitionIndex: 0 }] }],
  })
  await d.ask('offsets', 'delete', 2, { groupsNames: [groupId] })
}

async function upgrades(d: Dialogue, topicId: string): Promise<void> {
  const groupId = 'groups-upgrades'
  const protocols = [{ name: 'range', metadata: subscription('groups-c1') }]
  const join = { groupId, sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 6_000, protocolType: 'consumer', protocols }
  const first = await d.ask('A gets an id', 'join', 9, join)
  const memberId = first.answer!.memberId
  const joined = await d.ask('A joins', 'join', 9, { ...join, memberId })
  const generationId = joined.answer!.generationId
  const named = { protocolType: 'consumer', protocolName: 'range' }
  const all = subscriptionOf(topicId)
  await d.ask('A syncs', 'sync', 5, {
    groupId,
    memberId,
    generationId,
    ...named,
    assignments: [{ memberId, assignment: all }],
  })
  const b = new Member(d, groupId, 'B')
  await b.join('B joins', { subscribedTopicNames: ['groups-c1'] })
  await d.ask('both', 'consumers', 1, { groupIds: [groupId] })
  await d.ask('both', 'list', 5, { typesFilter: ['consumer'] })
  await d.ask('A beats', 'beat', 4, { groupId, memberId, generationId })
  await d.ask('A syncs', 'sync', 5, { groupId, memberId, generationId, ...named, assignments: [] })
  const again = await d.ask('A joins again', 'join', 9, { ...join, memberId })
  await d.ask('both', 'consumers', 1, { groupIds: [groupId] })
  const next = again.answer!.generationId
  await d.ask('A syncs', 'sync', 5, { groupId, memberId, generationId: next, ...named, assignments: [] })
  await d.wait(INTERVAL_MS)
  await b.beat('B beats')
  await d.ask('A beats', 'beat', 4, { groupId, memberId, generationId: next })
  await d.ask('A syncs otherwise', 'sync', 5, {
    groupId,
    memberId,
    generationId: next,
    protocolType: 'consumer',
    protocolName: 'x',
    assignments: [],
  })
  await d.ask('A commits', 'commit', 8, {
    groupId,
    memberId,
    generationIdOrMemberEpoch: next,
    topics: [{ name: 'groups-c1', partitions: [offset(0, 9)] }],
  })
  await d.ask('A commits stale', 'commit', 8, {
    groupId,
    memberId,
    generationIdOrMemberEpoch: 77,
    topics: [{ name: 'groups-c1', partitions: [offset(0, 9)] }],
  })
  await d.ask('B as classic', 'beat', 4, { groupId, memberId: 'B', generationId: next })
  await d.ask('others', 'join', 9, { ...join, protocols: [{ name: 'other', metadata: subscription('groups-c1') }] })
  await d.ask('no consumer', 'join', 9, { ...join, protocolType: 'connect' })
  await d.ask('both', 'consumers', 1, { groupIds: [groupId] })
  await b.ask('B leaves', { memberEpoch: -1 })
  await d.ask('classic again', 'describe', 6, { groups: [groupId] })
  await d.ask('no consumers', 'consumers', 1, { groupIds: [groupId] })
  await d.ask('A beats', 'beat', 4, { groupId, memberId, generationId: next })
  await d.ask('A leaves', 'leave', 5, { groupId, members: [{ memberId }] })
  await d.ask('empty', 'describe', 6, { groups: [groupId] })
  const c = new Member(d, groupId, 'C')
  await c.join('C joins', { subscribedTopicNames: ['groups-c1'] })
  await d.ask('C alone', 'consumers', 1, { groupIds: [groupId] })
  await c.ask('C leaves', { memberEpoch: -1 })
  await d.ask('D gets an id', 'join', 9, join)
  await d.ask('what is left', 'describe', 6, { groups: [groupId] })
}

/** Classic groups that cannot change to the consumer protocol. */
async function strangers(d: Dialogue, topicId: string): Promise<void> {
  const all = subscriptionOf(topicId)
  const kinds = [
    ['groups-connect', 'connect', all],
    ['groups-own-assignor', 'consumer', withUserData(all)],
  ] as const
  for (const [groupId, protocolType, assignment] of kinds) {
    const protocols = [{ name: 'own', metadata: subscription('groups-c1') }]
    const join = { groupId, sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 6_000, protocolType, protocols }
    const { memberId } = (await d.ask('- gets an id', 'join', 9, join)).answer!
    await d.ask('- joins', 'join', 9, { ...join, memberId })
    const assignments = [{ memberId, assignment }]
    const named = { protocolType, protocolName: 'own' }
    await d.ask('- syncs', 'sync', 5, { groupId, memberId, generationId: 1, ...named, assignments })
    const b = new Member(d, groupId, 'B')
    await b.join(`joins ${groupId}`, { subscribedTopicNames: ['groups-c1'] })
    await b.ask(`leaves ${groupId}`, { memberEpoch: -1 })
    await d.ask('- leaves', 'leave', 5, { groupId, members: [{ memberId }] })
    await d.ask('- is deleted', 'delete', 2, { groupsNames: [groupId] })
  }
}

/** The same assignment with something of the assignor's own at its end. */
function withUserData(assignment: Uint8Array): Uint8Array {
  const bytes = Buffer.concat([assignment, Buffer.from('own')])
  bytes.writeInt32BE(3, assignment.length - 4)
  return bytes
}

/** An assignment of all three partitions, as a leader writes it. */
function subscriptionOf(_topicId: string): Uint8Array {
  const name = Buffer.from('groups-c1')
  const bytes = Buffer.alloc(2 + 4 + 2 + name.length + 4 + 12 + 4)
  bytes.writeInt32BE(1, 2)
  bytes.writeInt16BE(name.length, 6)
  name.copy(bytes, 8)
  let at = bytes.writeInt32BE(3, 8 + name.length)
  for (const partition of [0, 1, 2]) at = bytes.writeInt32BE(partition, at)
  bytes.writeInt32BE(-1, at)
  return bytes
}
