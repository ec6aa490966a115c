import { decodeBatches } from '../../../../sim/kafka/batch.ts'
import type { Dice } from '../../../../sim/random.ts'
import {
  AlterShareGroupOffsetsRequest,
  AlterShareGroupOffsetsResponse,
} from '../../../../src/wire/kafka/messages/alter-share-group-offsets.ts'
import {
  DeleteShareGroupOffsetsRequest,
  DeleteShareGroupOffsetsResponse,
} from '../../../../src/wire/kafka/messages/delete-share-group-offsets.ts'
import {
  DescribeShareGroupOffsetsRequest,
  DescribeShareGroupOffsetsResponse,
} from '../../../../src/wire/kafka/messages/describe-share-group-offsets.ts'
import {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '../../../../src/wire/kafka/messages/incremental-alter-configs.ts'
import {
  ShareAcknowledgeRequest,
  ShareAcknowledgeResponse,
} from '../../../../src/wire/kafka/messages/share-acknowledge.ts'
import { ShareFetchRequest, ShareFetchResponse } from '../../../../src/wire/kafka/messages/share-fetch.ts'
import {
  ShareGroupDescribeRequest,
  ShareGroupDescribeResponse,
} from '../../../../src/wire/kafka/messages/share-group-describe.ts'
import {
  ShareGroupHeartbeatRequest,
  ShareGroupHeartbeatResponse,
} from '../../../../src/wire/kafka/messages/share-group-heartbeat.ts'
import type { Slice } from '../../../../src/wire/kafka/schema.ts'
import { type Command, chance, command, type Maker, type Scene } from '../command.ts'
import type { Seat } from '../side.ts'
import { listGroups } from './lists.ts'
import { produced, RECORD_READERS } from './records.ts'
import { created } from './topics.ts'

const BEAT = { request: ShareGroupHeartbeatRequest, response: ShareGroupHeartbeatResponse, versions: [1, 1] } as const
const FETCH = { request: ShareFetchRequest, response: ShareFetchResponse, versions: [1, 2] } as const
const ACKNOWLEDGE = { request: ShareAcknowledgeRequest, response: ShareAcknowledgeResponse, versions: [1, 2] } as const
const DESCRIBE = { request: ShareGroupDescribeRequest, response: ShareGroupDescribeResponse, versions: [1, 1] } as const
const OFFSETS = {
  request: DescribeShareGroupOffsetsRequest,
  response: DescribeShareGroupOffsetsResponse,
  versions: [0, 1],
} as const
const ALTER = {
  request: AlterShareGroupOffsetsRequest,
  response: AlterShareGroupOffsetsResponse,
  versions: [0, 0],
} as const
const DELETE = {
  request: DeleteShareGroupOffsetsRequest,
  response: DeleteShareGroupOffsetsResponse,
  versions: [0, 0],
} as const
const CONFIG = {
  request: IncrementalAlterConfigsRequest,
  response: IncrementalAlterConfigsResponse,
  versions: [1, 1],
} as const

/** Ids that the members make themselves, the same on both sides. */
const IDS = ['SAAAAAAAQAAAAAAAAAAAAA', 'TAAAAAAAQAAAAAAAAAAAAA'] as const
const GROUP = 32
/** Longer than a real one needs to bring a record that is there; shorter than what is taken for parked. */
const WAIT_MS = 250

const topicOf = (scene: Scene) => `${scene.prefix}-t0`
const groupOf = (scene: Scene) => `${scene.prefix}-s`

/** What a sequence about share groups begins with: the group reads from the start, and its members have their partitions. */
export function shareSetUp(scene: Scene): Command[] {
  const configs = [{ name: 'share.auto.offset.reset', configOperation: 0, value: 'earliest' }]
  const resources = [{ resourceType: GROUP, resourceName: groupOf(scene), configs }]
  const set = command(scene, CONFIG, { about: 'reads from the start', isNeeded: true, make: () => ({ resources }) })
  return [
    created(scene, topicOf(scene)),
    set,
    ...[0, 1].flatMap((slot) => [join(scene, slot), settle(scene, slot)]),
    ...[0, 1].map((slot) => settle(scene, slot)),
  ]
}

/** A real group takes a while and an epoch more, before it gives its members any partitions. */
function join(scene: Scene, slot: number): Command {
  return command(scene, BEAT, {
    about: `member ${slot} joins`,
    isNeeded: true,
    make: () => ({
      groupId: groupOf(scene),
      memberId: IDS[slot]!,
      memberEpoch: 0,
      subscribedTopicNames: [topicOf(scene)],
    }),
    learn: (side, answer) => heard(side.shares[slot]!, answer),
    view: (_side, { errorCode, memberId }) => ({ errorCode, memberId }),
  })
}

function settle(scene: Scene, slot: number): Command {
  return command(scene, BEAT, {
    about: `member ${slot} has its partitions`,
    isNeeded: true,
    asksAgain: true,
    make: (side) => ({ groupId: groupOf(scene), memberId: IDS[slot]!, memberEpoch: side.shares[slot]!.memberEpoch }),
    learn: (side, answer) => heard(side.shares[slot]!, answer),
    view: (side, { errorCode }) => ({ errorCode, assigned: side.shares[slot]!.assigned }),
  })
}

interface Heard {
  readonly errorCode: number
  readonly memberEpoch: number
  readonly assignment: { readonly topicPartitions: readonly unknown[] } | null
}

function heard(share: { memberEpoch: number; assigned: boolean }, { errorCode, memberEpoch, assignment }: Heard): void {
  if (errorCode !== 0) return
  share.memberEpoch = memberEpoch
  if (assignment !== null && assignment.topicPartitions.length > 0) share.assigned = true
}

/** Some batches of acknowledgements of the first dozen offsets: in order, or not. */
function acknowledgements(scene: Scene, dice: Dice) {
  const batches: { firstOffset: number; lastOffset: number; acknowledgeTypes: number[] }[] = []
  let at = dice.below(4)
  for (let n = dice.between(1, 3); n > 0; n--) {
    const count = dice.between(1, 3)
    const type = () => (chance(scene) ? dice.pick([-1, 5, 9]) : dice.pick([0, 1, 1, 1, 2, 2, 3]))
    const types = dice.chance(0.6) ? [type()] : Array.from({ length: count }, type)
    const lastOffset = at + count - 1 - (chance(scene) ? 5 : 0)
    batches.push({ firstOffset: at, lastOffset, acknowledgeTypes: chance(scene) ? [...types, 1, 1] : types })
    at += count + dice.below(2) - (chance(scene) ? 2 : 0)
  }
  return batches
}

const fetch: Maker = {
  weight: 8,
  make(scene) {
    const { dice } = scene
    const slot = dice.below(2)
    const wrong = chance(scene) ? dice.pick([-1, 5, 0]) : null
    const maxRecords = dice.pick([1, 3, 500])
    const batches = dice.chance(0.3) ? acknowledgements(scene, dice) : []
    const memberId = chance(scene) ? 'UAAAAAAAQAAAAAAAAAAAAA' : IDS[slot]!
    return command(scene, FETCH, {
      seat: `m${slot}` as Seat,
      about: `member ${slot} ${maxRecords} records ${wrong === null ? '' : `epoch ${wrong}`} ${JSON.stringify(batches)}`,
      make: (side) => ({
        ...{ groupId: groupOf(scene), memberId, maxWaitMs: WAIT_MS, minBytes: 1, maxBytes: 1_000_000 },
        ...{ maxRecords, batchSize: maxRecords, shareSessionEpoch: wrong ?? side.shares[slot]!.sessionEpoch },
        topics: [
          {
            topicId: side.topicId(topicOf(scene)),
            partitions: [
              { partitionIndex: 0, acknowledgementBatches: side.shares[slot]!.sessionEpoch === 0 ? [] : batches },
            ],
          },
        ],
      }),
      learn: (side, { errorCode }) => turned(side.shares[slot]!, errorCode, wrong),
      view: (_side, { responses, ...rest }) => ({
        ...rest,
        responses: responses.map(({ partitions, ...topic }) => ({
          ...topic,
          partitions: partitions.map(({ acknowledgeErrorMessage: text, records, ...one }) => ({
            ...one,
            acquiredRecords: joined(one.acquiredRecords),
            text: asBatch(text),
            records: acquiredOf(records, one.acquiredRecords),
          })),
        })),
      }),
    })
  },
}

interface Acquired {
  readonly firstOffset: number
  readonly lastOffset: number
  readonly deliveryCount: number
}

/** Ranges that lie side by side are one: a real one tells one for each fetch that they came by before (docs/compatibility.md). */
function joined(ranges: readonly Acquired[]): Acquired[] {
  const all: Acquired[] = []
  for (const range of ranges) {
    const before = all.at(-1)
    if (before?.lastOffset === range.firstOffset - 1 && before.deliveryCount === range.deliveryCount) {
      all[all.length - 1] = { ...before, lastOffset: range.lastOffset }
    } else all.push(range)
  }
  return all
}

/** The batches of which something was acquired: a real one brings those that lie between them, too. */
function acquiredOf(records: Slice | null, acquired: readonly { firstOffset: number; lastOffset: number }[]) {
  if (records === null) return null
  const bytes = records.bytes.slice(records.at, records.at + records.length)
  return decodeBatches(bytes)
    .filter(({ baseOffset, ids }) =>
      acquired.some((one) => one.firstOffset < baseOffset + ids.length && baseOffset <= one.lastOffset),
    )
    .map(({ baseOffset, ids }) => `${baseOffset}: ${ids}`)
}

/** A real one names the offset where it has gone over to looking at a batch's records one by one. */
function asBatch(text: string | null): string | null {
  return text === 'Member is not the owner of offset' ? 'Member is not the owner of batch record' : text
}

/** The next epoch, if the session goes on. */
function turned(share: { sessionEpoch: number }, errorCode: number, wrong: number | null): void {
  if (errorCode !== 0) return
  share.sessionEpoch = wrong === -1 ? 0 : wrong === 0 ? 1 : share.sessionEpoch + 1
}

const acknowledge: Maker = {
  weight: 8,
  make(scene) {
    const { dice } = scene
    const slot = dice.below(2)
    const wrong = chance(scene) ? dice.pick([-1, 5, 0]) : null
    const batches = acknowledgements(scene, dice)
    return command(scene, ACKNOWLEDGE, {
      seat: `m${slot}` as Seat,
      about: `member ${slot} ${wrong === null ? '' : `epoch ${wrong}`} ${JSON.stringify(batches)}`,
      make: (side) => ({
        ...{
          groupId: groupOf(scene),
          memberId: IDS[slot]!,
          shareSessionEpoch: wrong ?? side.shares[slot]!.sessionEpoch,
        },
        topics: [
          {
            topicId: side.topicId(topicOf(scene)),
            partitions: [{ partitionIndex: 0, acknowledgementBatches: batches }],
          },
        ],
      }),
      learn: (side, { errorCode }) => turned(side.shares[slot]!, errorCode, wrong),
      view: (_side, { responses, ...rest }) => ({
        ...rest,
        responses: responses.map(({ partitions, ...topic }) => ({
          ...topic,
          partitions: partitions.map(({ errorMessage: text, ...one }) => ({ ...one, text: asBatch(text) })),
        })),
      }),
    })
  },
}

const describe: Maker = {
  weight: 2,
  make(scene) {
    const groupId = chance(scene) ? scene.dice.pick(['', `${scene.prefix}-nobody`]) : groupOf(scene)
    return command(scene, DESCRIBE, {
      about: groupId,
      asksAgain: true,
      make: () => ({ groupIds: [groupId], includeAuthorizedOperations: scene.illegal > 0.1 }),
      // A real group's epochs are ahead.
      view: (_side, { groups }) =>
        groups.map(({ members, groupEpoch: _, assignmentEpoch: __, ...group }) => ({
          ...group,
          members: members.map(({ memberEpoch: _, ...member }) => member),
        })),
    })
  },
}

const offsets: Maker = {
  weight: 1,
  make(scene) {
    const groupId = chance(scene) ? `${scene.prefix}-nobody` : groupOf(scene)
    const topics = scene.dice.chance(0.3)
      ? null
      : // Of a partition that is not there a real one looks for the state, and does not answer.
        [{ topicName: topicOf(scene), partitions: [0] }]
    return command(scene, OFFSETS, {
      about: `${groupId} ${topics === null ? 'everything' : ''}`,
      asksAgain: true,
      make: () => ({ groups: [{ groupId, topics }] }),
      // Kafka tells the start that it wrote down last.
      view: (_side, { groups }) =>
        groups.map(({ topics, ...group }) => ({
          ...group,
          topics: topics.map(({ topicName, partitions }) => ({
            topicName,
            partitions: partitions.map(({ partitionIndex, errorCode }) => ({ partitionIndex, errorCode })),
          })),
        })),
    })
  },
}

const alter: Maker = {
  weight: 1,
  make(scene) {
    const groupId = chance(scene) ? '' : groupOf(scene)
    const partitions = [{ partitionIndex: chance(scene) ? 9 : 0, startOffset: scene.dice.below(3) }]
    return command(scene, ALTER, {
      about: `${groupId} ${JSON.stringify(partitions)}`,
      make: () => ({ groupId, topics: [{ topicName: topicOf(scene), partitions }] }),
    })
  },
}

const forget: Maker = {
  weight: 1,
  make(scene) {
    const groupId = chance(scene) ? `${scene.prefix}-nobody` : groupOf(scene)
    return command(scene, DELETE, {
      about: groupId,
      make: () => ({ groupId, topics: [{ topicName: topicOf(scene) }] }),
    })
  },
}

const produce: Maker = {
  weight: 6,
  make: (scene) => produced(scene, topicOf(scene), 0),
}

export const SHARE_MAKERS: readonly Maker[] = [
  fetch,
  acknowledge,
  describe,
  offsets,
  alter,
  forget,
  produce,
  listGroups,
  ...RECORD_READERS,
]
