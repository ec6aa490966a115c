import { type Asked, type Dialogue, subscription } from './group-dialogue.ts'

/** What is said to both brokers. Each part has groups of its own. */
export async function playAll(dialogue: Dialogue): Promise<void> {
  const t1 = await dialogue.topic('t1')
  const t2 = await dialogue.topic('t2')
  await strangers(dialogue, t1)
  await offsets(dialogue, t1, t2)
  await members(dialogue)
  await statics(dialogue)
  await timeouts(dialogue)
  await neverJoined(dialogue)
}

const NOWHERE = 'AAAAAAAAAAAAAAAAAAAAAQ'
const JOIN = { sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 6_000, protocolType: 'consumer' }
const PROTOCOLS = [{ name: 'range', metadata: subscription('t1') }]
const CONSUMER = { protocolType: 'consumer', protocolName: 'range' }

function offset(partitionIndex: number, committedOffset: number, committedMetadata: string | null = '', epoch = -1) {
  return { partitionIndex, committedOffset, committedMetadata, committedLeaderEpoch: epoch }
}

function idOf(asked: Asked<'join'>): { memberId: string; generationId: number } {
  const { memberId, generationId } = asked.answer!
  return { memberId, generationId }
}

/** Groups and members that nobody knows. */
async function strangers(d: Dialogue, topicId: string): Promise<void> {
  const groupId = 'strangers'
  const memberId = 'm'
  for (const version of [1, 3, 4, 6]) {
    await d.ask('a group', 'find', version, { key: 'g', keyType: 0, coordinatorKeys: ['g', ''] })
    await d.ask('nothing', 'find', version, { key: 'g', keyType: 7, coordinatorKeys: ['g'] })
  }
  for (const version of [0, 4]) await d.ask('stranger', 'beat', version, { groupId, generationId: 1, memberId })
  await d.ask('no group', 'beat', 4, { groupId: '', generationId: 1, memberId })
  for (const version of [0, 5]) await d.ask('stranger', 'sync', version, { ...CONSUMER, groupId, memberId })
  await d.ask('no protocol', 'sync', 5, { groupId, memberId })
  const leaving = [{ memberId }, { memberId: '', groupInstanceId: 'i' }]
  for (const version of [0, 2, 3, 5]) await d.ask('stranger', 'leave', version, { groupId, memberId, members: leaving })
  await d.ask('no group', 'leave', 5, { groupId: '', members: [] })
  for (const version of [0, 5, 6, 9]) {
    await d.ask('stranger', 'join', version, { ...JOIN, groupId, memberId, protocols: PROTOCOLS })
  }
  await d.ask('no group', 'join', 9, { ...JOIN, groupId: '', protocols: PROTOCOLS })
  await d.ask('short session', 'join', 9, { ...JOIN, groupId, sessionTimeoutMs: 5_999, protocols: PROTOCOLS })
  await d.ask('long session', 'join', 3, { ...JOIN, groupId, sessionTimeoutMs: 1_800_001, protocols: PROTOCOLS })
  const topics = [{ name: 't1', topicId, partitions: [offset(0, 1)] }]
  for (const version of [2, 8, 9, 10]) {
    await d.ask('generation 3', 'commit', version, { groupId, generationIdOrMemberEpoch: 3, memberId, topics })
  }
  await d.ask('stranger', 'commit', 9, { groupId: 'strangers 2', memberId, topics })
  await d.ask('instance', 'commit', 9, { groupId: 'strangers 3', groupInstanceId: 'i', topics })
  await d.ask('nobody', 'delete', 2, { groupsNames: ['nobody'] })
  for (const version of [0, 5, 6]) await d.ask('nobody', 'describe', version, { groups: ['nobody'] })
  const deleted = [{ name: 't1', partitions: [{ partitionIndex: 0 }] }]
  await d.ask('nobody', 'offsetDelete', 0, { groupId: 'nobody', topics: deleted })
}

/** A consumer that assigns its partitions itself. */
async function offsets(d: Dialogue, id1: string, id2: string): Promise<void> {
  const groupId = 'simple'
  const partitions = [offset(0, 10, 'meta', 3), offset(1, 11), offset(9, 1), offset(-1, 1)]
  const unknown = { name: 'nope', partitions: [offset(0, 1)] }
  const wordy = { name: 't2', partitions: [offset(0, 5, 'x'.repeat(4097))] }
  await d.ask('some', 'commit', 9, { groupId, topics: [{ name: 't1', partitions }, unknown, wordy] })
  const byId = [{ topicId: id2, partitions: [offset(0, 22, null)] }]
  await d.ask('by id', 'commit', 10, { groupId, topics: [...byId, { topicId: NOWHERE, partitions: [offset(0, 1)] }] })
  await d.ask('twice', 'commit', 7, { groupId, topics: [{ name: 't1', partitions: [offset(2, 5), offset(2, 6)] }] })
  await d.ask('below zero', 'commit', 2, { groupId: '', topics: [{ name: 't1', partitions: [offset(2, -5)] }] })
  await d.ask('none', 'commit', 9, { groupId, topics: [] })
  const asked = [{ name: 't1', partitionIndexes: [0, 1, 7] }]
  for (const version of [1, 5, 7]) {
    const topics = [...asked, { name: 'nope', partitionIndexes: [0] }]
    await d.ask('some', 'fetch', version, { groupId, topics, requireStable: true })
  }
  for (const version of [2, 7]) await d.ask('all', 'fetch', version, { groupId, topics: null })
  const groups = [
    { groupId, topics: asked },
    { groupId: 'nobody', topics: null },
    { groupId: 'nobody', topics: asked },
  ]
  for (const version of [8, 9]) await d.ask('groups', 'fetch', version, { groups })
  const ids = [
    { topicId: id1, partitionIndexes: [0, 7] },
    { topicId: NOWHERE, partitionIndexes: [1] },
  ]
  await d.ask('by id', 'fetch', 10, { groups: [{ groupId, topics: ids }] })
  await d.ask('all by id', 'fetch', 10, { groups: [{ groupId, topics: null }] })
  await d.ask('as a member', 'fetch', 9, { groups: [{ groupId, memberId: 'x', memberEpoch: 5, topics: asked }] })
  for (const version of [0, 3, 6]) {
    await d.ask('simple', 'describe', version, { groups: [groupId, ''], includeAuthorizedOperations: version >= 3 })
  }
  const everything = ['t1', 't2', 'nope'].map((name) => ({
    name,
    partitions: [{ partitionIndex: 0 }, { partitionIndex: 5 }],
  }))
  await d.ask('some', 'offsetDelete', 0, { groupId, topics: everything })
  await d.ask('what is left', 'fetch', 8, { groups: [{ groupId, topics: null }] })
  await d.ask('simple', 'delete', 0, { groupsNames: [groupId] })
  await d.ask('deleted', 'fetch', 8, { groups: [{ groupId, topics: null }] })
}

/** Two members come and go. */
async function members(d: Dialogue): Promise<void> {
  const groupId = 'members'
  const join = { ...JOIN, groupId, protocols: PROTOCOLS }
  const topics = [{ name: 't1', partitions: [offset(0, 100)] }]
  const first = await d.ask('A gets an id', 'join', 9, join)
  const { memberId } = first.answer!
  await d.ask('A pending', 'describe', 5, { groups: [groupId] })
  const a = idOf(await d.ask('A', 'join', 9, { ...join, memberId }))
  const A = { groupId, ...a }
  const mine = { groupId, memberId, generationIdOrMemberEpoch: a.generationId, topics }
  await d.ask('other generation', 'sync', 5, { ...CONSUMER, ...A, generationId: 9 })
  await d.ask('other protocol', 'sync', 5, { ...CONSUMER, ...A, protocolName: 'x' })
  await d.ask('other type', 'sync', 5, { ...CONSUMER, ...A, protocolType: 'x' })
  await d.ask('too early', 'commit', 9, mine)
  await d.ask('completing', 'beat', 4, A)
  await d.ask('completing', 'describe', 5, { groups: [groupId] })
  await d.ask('A again', 'join', 9, { ...join, memberId })
  const assignments = [
    { memberId, assignment: Buffer.from('all') },
    { memberId: 'nobody', assignment: Buffer.from('none') },
  ]
  await d.ask('A assigns', 'sync', 5, { ...CONSUMER, ...A, assignments })
  await d.ask('A again', 'sync', 0, A)
  await d.ask('A', 'beat', 4, A)
  await d.ask('other generation', 'beat', 4, { ...A, generationId: 9 })
  await d.ask('not static', 'beat', 4, { ...A, groupInstanceId: 'i' })
  await d.ask('stable', 'describe', 6, { groups: [groupId], includeAuthorizedOperations: true })
  for (const states of [['stable'], ['Stable', 'x'], ['empty']]) {
    await d.ask(states.join(), 'list', 4, { statesFilter: states })
  }
  for (const types of [['classic'], ['Classic'], ['consumer'], ['x']]) {
    await d.ask(types.join(), 'list', 5, { statesFilter: ['stable'], typesFilter: types })
  }
  await d.ask('A', 'commit', 9, mine)
  const unknown = { name: 'nope', partitions: [offset(0, 1)] }
  await d.ask('other generation', 'commit', 9, { ...mine, generationIdOrMemberEpoch: 9, topics: [...topics, unknown] })
  await d.ask('stranger', 'commit', 9, { ...mine, memberId: 'x' })
  await d.ask('nobody', 'commit', 9, { groupId, topics })
  await d.ask('no generation', 'commit', 9, { ...mine, generationIdOrMemberEpoch: -1 })
  await d.ask('no member', 'commit', 9, { ...mine, memberId: '' })
  const deleted = ['t1', 't2'].map((name) => ({ name, partitions: [{ partitionIndex: 0 }] }))
  await d.ask('read and not', 'offsetDelete', 0, { groupId, topics: deleted })
  await d.ask('not empty', 'delete', 2, { groupsNames: [groupId] })
  const parked = await d.ask('B', 'join', 3, join)
  await d.ask('A told', 'beat', 4, A)
  await d.ask('A too late', 'sync', 5, { ...CONSUMER, ...A })
  await d.ask('A in time', 'commit', 9, mine)
  await d.ask('preparing', 'describe', 5, { groups: [groupId] })
  const again = idOf(await d.ask('A', 'join', 9, { ...join, memberId }))
  d.note('B', parked)
  const b = idOf(parked)
  const waits = await d.ask('B waits', 'sync', 3, { groupId, ...b })
  await d.ask('A assigns nothing to B', 'sync', 5, {
    ...CONSUMER,
    groupId,
    ...again,
    assignments: assignments.slice(0, 1),
  })
  d.note('B', waits)
  await d.ask('B again', 'join', 9, { ...join, memberId: b.memberId })
  const other = [{ name: 'x', metadata: subscription('t1') }]
  await d.ask('B otherwise', 'join', 9, { ...join, memberId: b.memberId, protocols: other })
  const leaving = [{ memberId: 'x' }, { memberId: b.memberId }, { memberId: '', groupInstanceId: 'i' }]
  await d.ask('B and others', 'leave', 5, { groupId, members: leaving })
  await d.ask('B', 'beat', 4, { groupId, ...b })
  const last = idOf(await d.ask('A', 'join', 9, { ...join, memberId }))
  await d.ask('A', 'sync', 5, { ...CONSUMER, groupId, ...last })
  await d.ask('stranger', 'leave', 0, { groupId, memberId: 'x' })
  await d.ask('A', 'leave', 2, { groupId, memberId })
  await d.ask('empty', 'describe', 5, { groups: [groupId] })
  await d.ask('A is gone', 'beat', 4, { groupId, ...last })
  await d.ask('A is gone', 'commit', 9, { ...mine, generationIdOrMemberEpoch: last.generationId })
  await d.ask('anybody', 'commit', 9, { groupId, topics })
  await d.ask('empty', 'delete', 2, { groupsNames: [groupId] })
}

/** A static member whose process starts again. */
async function statics(d: Dialogue): Promise<void> {
  const groupId = 'static'
  const groupInstanceId = 'i'
  const join = { ...JOIN, groupId, groupInstanceId, protocols: PROTOCOLS }
  const a = idOf(await d.ask('A', 'join', 9, join))
  const assignments = [{ memberId: a.memberId, assignment: Buffer.from('all') }]
  await d.ask('A', 'sync', 5, { ...CONSUMER, groupId, groupInstanceId, ...a, assignments })
  const b = idOf(await d.ask('A anew', 'join', 9, join))
  const old = { groupId, groupInstanceId, ...a }
  await d.ask('former A', 'beat', 4, old)
  await d.ask('former A, not static', 'beat', 4, { ...old, groupInstanceId: null })
  await d.ask('former A', 'sync', 5, { ...CONSUMER, ...old })
  await d.ask('former A', 'join', 9, { ...join, memberId: a.memberId })
  await d.ask('former A', 'leave', 5, { groupId, members: [{ memberId: a.memberId, groupInstanceId }] })
  const topics = [{ name: 't1', partitions: [offset(0, 1)] }]
  const commit = { groupId, groupInstanceId, memberId: a.memberId, generationIdOrMemberEpoch: a.generationId, topics }
  await d.ask('former A', 'commit', 9, commit)
  await d.ask('A', 'sync', 5, { ...CONSUMER, groupId, groupInstanceId, ...b })
  await d.ask('A anew, old client', 'join', 5, join)
  const protocols = [{ name: 'x', metadata: subscription('t1') }, ...PROTOCOLS]
  const c = idOf(await d.ask('A otherwise', 'join', 9, { ...join, protocols }))
  await d.ask('A', 'beat', 4, { groupId, groupInstanceId, ...c })
  await d.ask('describe', 'describe', 5, { groups: [groupId] })
  await d.ask('A by instance', 'leave', 3, { groupId, members: [{ memberId: '', groupInstanceId }] })
  await d.ask('left', 'describe', 5, { groups: [groupId] })
}

/** Who is not heard of. */
async function timeouts(d: Dialogue): Promise<void> {
  const groupId = 'timeouts'
  const join = { ...JOIN, groupId, protocols: PROTOCOLS, sessionTimeoutMs: 30_000, rebalanceTimeoutMs: 2_000 }
  const a = idOf(await d.ask('A', 'join', 3, join))
  const assignments = [{ memberId: a.memberId, assignment: Buffer.from('all') }]
  await d.ask('A', 'sync', 3, { groupId, ...a, assignments })
  const b = await d.ask('B, and A does not join again', 'join', 3, join)
  await d.wait(2_500)
  d.note('B after the rebalance time-out', b)
  await d.ask('A', 'beat', 3, { groupId, ...a })
  await d.wait(2_500)
  await d.ask('B has not synced', 'describe', 5, { groups: [groupId] })
  const short = { ...join, sessionTimeoutMs: 6_000 }
  const c = idOf(await d.ask('C', 'join', 3, short))
  await d.ask('C', 'sync', 3, { groupId, ...c, assignments: [] })
  await d.wait(3_500)
  await d.ask('C', 'beat', 3, { groupId, ...c })
  await d.wait(3_500)
  await d.ask('C is alive', 'describe', 5, { groups: [groupId] })
  await d.wait(4_000)
  await d.ask('C is not', 'describe', 5, { groups: [groupId] })
}

/** Somebody is given an id, and goes. */
async function neverJoined(d: Dialogue): Promise<void> {
  const groupId = 'never joined'
  const { memberId } = (await d.ask('gets an id', 'join', 9, { ...JOIN, groupId, protocols: PROTOCOLS })).answer!
  await d.ask('goes', 'leave', 5, { groupId, members: [{ memberId }] })
  await d.ask('empty', 'list', 5, { statesFilter: ['empty'] })
  await d.ask('empty', 'describe', 6, { groups: [groupId] })
  await d.ask('empty', 'offsetDelete', 0, { groupId, topics: [{ name: 't1', partitions: [{ partitionIndex: 0 }] }] })
  await d.ask('stranger', 'commit', 9, {
    groupId,
    memberId,
    generationIdOrMemberEpoch: 1,
    topics: [{ name: 't1', partitions: [offset(0, 1)] }],
  })
  await d.ask('empty', 'delete', 2, { groupsNames: [groupId] })
  await d.ask('deleted', 'delete', 2, { groupsNames: [groupId] })
}
