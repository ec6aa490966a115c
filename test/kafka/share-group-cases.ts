import type { Encodable } from '../../src/wire/kafka/schema.ts'
import type { Asked, Dialogue, MESSAGES } from './group-dialogue.ts'

type Fetch = Encodable<(typeof MESSAGES)['shareFetch']['request']>
type Ack = Encodable<(typeof MESSAGES)['shareAck']['request']>

const ACCEPT = 1
const RELEASE = 2
const REJECT = 3
const RENEW = 4

/** Longer than `share.assignment.interval.ms`. */
const INTERVAL_MS = 1200

/** What is said to both brokers about share groups. Each part has groups of its own. */
export async function playShares(dialogue: Dialogue): Promise<void> {
  dialogue.wordy = true
  const s1 = await dialogue.topic('groups-s1')
  const s2 = await dialogue.topic('groups-s2')
  await wrong(dialogue, s1)
  await members(dialogue)
  await delivery(dialogue, s1)
  await attempts(dialogue, s2)
  await places(dialogue)
}

function batches(...list: [first: number, last: number, ...types: number[]][]) {
  return list.map(([firstOffset, lastOffset, ...acknowledgeTypes]) => ({ firstOffset, lastOffset, acknowledgeTypes }))
}

/** A member with a session on partition 0 of one topic. */
class Member {
  sessionEpoch = 0
  memberEpoch = 0
  private readonly d: Dialogue
  private readonly groupId: string
  private readonly memberId: string
  private readonly topicId: string
  private readonly topic: string

  constructor(d: Dialogue, groupId: string, memberId: string, topic: string, topicId: string) {
    this.d = d
    this.groupId = groupId
    this.memberId = memberId
    this.topic = topic
    this.topicId = topicId
  }

  async join(): Promise<void> {
    const { groupId, memberId } = this
    const subscribedTopicNames = [this.topic]
    const asked = await this.d.ask('- joins', 'share', 1, { groupId, memberId, memberEpoch: 0, subscribedTopicNames })
    this.memberEpoch = asked.answer?.memberEpoch ?? 0
  }

  async leave(): Promise<void> {
    const { groupId, memberId } = this
    await this.d.ask('- leaves', 'share', 1, { groupId, memberId, memberEpoch: -1 })
  }

  async fetch(
    label: string,
    acks: ReturnType<typeof batches> = [],
    more: Fetch = {},
    version = 2,
  ): Promise<Asked<'shareFetch'>> {
    const { groupId, memberId, topicId } = this
    const partitions = [{ partitionIndex: 0, acknowledgementBatches: acks }]
    const limits = { maxWaitMs: 50, minBytes: 1, maxBytes: 1_000_000, maxRecords: 100, batchSize: 100 }
    const isNamed = acks.length > 0 || this.sessionEpoch === 0
    const asked = await this.d.ask(
      label.startsWith('-') ? label : `${memberId} ${label}`,
      'shareFetch',
      version,
      {
        ...limits,
        groupId,
        memberId,
        shareSessionEpoch: this.sessionEpoch,
        topics: isNamed ? [{ topicId, partitions }] : [],
        ...more,
      },
      `${groupId} ${memberId}`,
    )
    if (asked.answer?.errorCode === 0) this.sessionEpoch++
    return asked
  }

  async ack(label: string, acks: ReturnType<typeof batches>, more: Ack = {}, version = 2): Promise<void> {
    const { groupId, memberId, topicId } = this
    const topics = [{ topicId, partitions: [{ partitionIndex: 0, acknowledgementBatches: acks }] }]
    const request = { groupId, memberId, shareSessionEpoch: this.sessionEpoch, topics, ...more }
    const asked = await this.d.ask(
      label.startsWith('-') ? label : `${memberId} ${label}`,
      'shareAck',
      version,
      request,
      `${groupId} ${memberId}`,
    )
    if (asked.answer?.errorCode === 0) this.sessionEpoch++
  }

  async place(label: string): Promise<void> {
    const groups = [{ groupId: this.groupId, topics: [{ topicName: this.topic, partitions: [0] }] }]
    await this.d.ask(label, 'shareOffsets', 1, { groups })
  }
}

async function wrong(d: Dialogue, topicId: string): Promise<void> {
  const groupId = 'groups-sw'
  const memberId = 'm'
  const subscribedTopicNames = ['groups-s1']
  const good = { groupId, memberId, memberEpoch: 0, subscribedTopicNames }
  await d.ask('no group', 'share', 1, { ...good, groupId: '' })
  await d.ask('no member', 'share', 1, { ...good, memberId: '' })
  await d.ask('no rack', 'share', 1, { ...good, rackId: '' })
  await d.ask('reads unsaid', 'share', 1, { ...good, subscribedTopicNames: null })
  await d.ask('reads nothing', 'share', 1, { ...good, subscribedTopicNames: [] })
  await d.ask('epoch -2', 'share', 1, { ...good, memberEpoch: -2 })
  await d.ask('stranger', 'share', 1, { ...good, memberEpoch: 3 })
  await d.ask('stranger leaves', 'share', 1, { ...good, memberEpoch: -1 })
  await d.ask('nobody', 'shares', 1, { groupIds: ['groups-nobody', ''], includeAuthorizedOperations: true })
  const fetch = { groupId, memberId, maxWaitMs: 10, minBytes: 1, maxBytes: 1000, maxRecords: 10, batchSize: 10 }
  await d.ask('no group', 'shareFetch', 2, { ...fetch, groupId: '' })
  await d.ask('no member', 'shareFetch', 2, { ...fetch, memberId: '' })
  await d.ask('no session', 'shareFetch', 2, { ...fetch, shareSessionEpoch: 3 })
  await d.ask('end of none', 'shareFetch', 2, { ...fetch, shareSessionEpoch: -1 })
  const topics = [{ topicId, partitions: [{ partitionIndex: 0, acknowledgementBatches: batches([0, 0, ACCEPT]) }] }]
  await d.ask('acks at once', 'shareFetch', 2, { ...fetch, shareSessionEpoch: 0, topics })
  await d.ask('no session', 'shareAck', 2, { groupId, memberId, shareSessionEpoch: 2, topics })
  await d.ask('first', 'shareAck', 2, { groupId, memberId, shareSessionEpoch: 0, topics })
  await d.ask('end of none', 'shareAck', 2, { groupId, memberId, shareSessionEpoch: -1, topics })
  const nobody = [{ groupId: 'groups-nobody', topics: [{ topicName: 'groups-s1', partitions: [0] }] }]
  await d.ask('nobody', 'shareOffsets', 1, { groups: nobody })
  await d.ask('nobody', 'alterShare', 0, {
    groupId: 'groups-nobody',
    topics: [{ topicName: 'groups-s1', partitions: [{ partitionIndex: 0 }] }],
  })
  await d.ask('nobody', 'deleteShare', 0, { groupId: 'groups-nobody', topics: [{ topicName: 'groups-s1' }] })
}

async function members(d: Dialogue): Promise<void> {
  const groupId = 'groups-sm'
  const join = { groupId, memberEpoch: 0, subscribedTopicNames: ['groups-s1'] }
  const a = await d.ask('- A joins', 'share', 1, { ...join, memberId: 'A' })
  const epoch = a.answer!.memberEpoch
  await d.ask('A beats', 'share', 1, { groupId, memberId: 'A', memberEpoch: epoch })
  await d.ask('A ahead', 'share', 1, { groupId, memberId: 'A', memberEpoch: epoch + 5 })
  await d.ask('A behind', 'share', 1, { groupId, memberId: 'A', memberEpoch: epoch - 1 })
  await d.wait(INTERVAL_MS)
  const b = await d.ask('- B joins', 'share', 1, { ...join, memberId: 'B' })
  await d.ask('- B beats', 'share', 1, { groupId, memberId: 'B', memberEpoch: b.answer!.memberEpoch })
  await d.ask('listed', 'list', 5, { typesFilter: ['share'] })
  await d.ask('as consumers', 'consumers', 1, { groupIds: [groupId] })
  await d.ask('as classic', 'describe', 6, { groups: [groupId] })
  const beat = { groupId, memberId: 'C', memberEpoch: 0, rebalanceTimeoutMs: 1000, topicPartitions: [] }
  await d.ask('C joins as a consumer', 'consumer', 1, { ...beat, subscribedTopicNames: ['groups-s1'] })
  await d.ask('not empty', 'delete', 2, { groupsNames: [groupId] })
  await d.ask('not empty', 'deleteShare', 0, { groupId, topics: [{ topicName: 'groups-s1' }] })
  await d.ask('not empty', 'alterShare', 0, {
    groupId,
    topics: [{ topicName: 'groups-s1', partitions: [{ partitionIndex: 0, startOffset: 1 }] }],
  })
  await d.ask('A leaves', 'share', 1, { groupId, memberId: 'A', memberEpoch: -1 })
  await d.ask('A beats', 'share', 1, { groupId, memberId: 'A', memberEpoch: epoch })
  await d.ask('B leaves', 'share', 1, { groupId, memberId: 'B', memberEpoch: -1 })
  await d.ask('empty', 'delete', 2, { groupsNames: [groupId] })
  await d.ask('gone', 'shares', 1, { groupIds: [groupId] })
}

async function delivery(d: Dialogue, topicId: string): Promise<void> {
  const groupId = 'groups-sd'
  const a = new Member(d, groupId, 'A', 'groups-s1', topicId)
  const b = new Member(d, groupId, 'B', 'groups-s1', topicId)
  await d.produce('groups-s1', 0, 2)
  await a.join()
  await a.place('joined')
  await a.fetch('- begins at the end')
  await d.wait(INTERVAL_MS)
  await a.fetch('at the end')
  await a.place('- latest')
  await d.produce('groups-s1', 0, 5, 3)
  await a.fetch('gets eight')
  await a.place('- eight are out')
  await b.join()
  await b.fetch('gets nothing')
  await b.ack('accepts what A has', batches([2, 2, ACCEPT]))
  await a.ack('accepts three', batches([2, 4, ACCEPT]))
  await a.place('- three are done')
  await a.ack('accepts them again', batches([2, 4, ACCEPT]))
  await a.ack('in the middle', batches([6, 7, REJECT, ACCEPT]))
  await a.place('with a gap')
  await a.ack('beyond the end', batches([8, 12, ACCEPT]))
  await a.ack('out of order', batches([9, 9, ACCEPT], [8, 8, ACCEPT]))
  await a.ack('unknown word', batches([8, 8, 9]))
  await a.ack('too few words', batches([8, 9, ACCEPT, ACCEPT, ACCEPT]))
  await a.ack('no word', batches([8, 9]))
  await a.ack('renews without saying so', batches([8, 9, RENEW]))
  await a.ack('renews', batches([8, 9, RENEW]), { isRenewAck: true })
  await a.ack('renews in version 1', batches([8, 9, RENEW]), {}, 1)
  await a.ack('releases', batches([5, 5, RELEASE]))
  await b.fetch('gets what was released')
  await a.fetch('releases with the fetch', batches([8, 8, RELEASE]))
  await b.fetch('accepts with the fetch', batches([5, 5, ACCEPT]))
  await a.fetch('wrong epoch', [], { shareSessionEpoch: 40 })
  await a.ack('wrong epoch', batches([9, 9, ACCEPT]), { shareSessionEpoch: 40 })
  await a.ack('ends', batches([9, 9, ACCEPT]), { shareSessionEpoch: -1 })
  await a.ack('ended', batches([9, 9, ACCEPT]))
  await b.fetch('ends', [], { shareSessionEpoch: -1 })
  await b.place('after the end')
  b.sessionEpoch = 0
  await b.fetch('begins again')
  await b.leave()
  await a.leave()
  await a.place('left')
}

async function attempts(d: Dialogue, topicId: string): Promise<void> {
  const groupId = 'groups-sa'
  const a = new Member(d, groupId, 'A', 'groups-s2', topicId)
  await a.join()
  await a.fetch('- begins')
  await d.wait(INTERVAL_MS)
  await a.fetch('at the end')
  await d.produce('groups-s2', 0, 1, 1)
  for (let i = 1; i <= 5; i++) {
    await a.fetch(`gets it for time ${i}`)
    await a.ack('releases', batches([0, 0, RELEASE], [1, 1, i === 1 ? ACCEPT : RELEASE]))
    if (i === 1) await a.place('one done behind')
  }
  await a.fetch('gets no more')
  await a.place('given up')
  await d.produce('groups-s2', 0, 10, 10)
  await a.fetch('gets some', [], { maxRecords: 5 })
  await a.fetch('gets few, to the record', [], { maxRecords: 5, shareAcquireMode: 1 })
  await a.leave()
}

async function places(d: Dialogue): Promise<void> {
  const groupId = 'groups-sd'
  const topicName = 'groups-s1'
  await d.ask('moves', 'alterShare', 0, {
    groupId,
    topics: [
      {
        topicName,
        partitions: [
          { partitionIndex: 0, startOffset: 3 },
          { partitionIndex: 7, startOffset: 3 },
        ],
      },
    ],
  })
  await d.ask('moves nothing', 'alterShare', 0, {
    groupId,
    topics: [{ topicName: 'groups-none', partitions: [{ partitionIndex: 0, startOffset: 3 }] }],
  })
  const one = [
    {
      groupId,
      topics: [
        { topicName, partitions: [0, 1, 7] },
        { topicName: 'groups-none', partitions: [0] },
      ],
    },
  ]
  for (const version of [0, 1]) await d.ask('- moved', 'shareOffsets', version, { groups: one })
  await d.ask('- all', 'shareOffsets', 1, { groups: [{ groupId, topics: null }] })
  await d.ask('forgets', 'deleteShare', 0, { groupId, topics: [{ topicName }, { topicName: 'groups-none' }] })
  await d.ask('forgotten', 'shareOffsets', 1, { groups: [{ groupId, topics: null }] })
  await d.ask('deletes', 'delete', 2, { groupsNames: [groupId, 'groups-sa'] })
}
