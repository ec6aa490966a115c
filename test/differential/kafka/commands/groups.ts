import { DeleteGroupsRequest, DeleteGroupsResponse } from '../../../../src/wire/kafka/messages/delete-groups.ts'
import { DescribeGroupsRequest, DescribeGroupsResponse } from '../../../../src/wire/kafka/messages/describe-groups.ts'
import { HeartbeatRequest, HeartbeatResponse } from '../../../../src/wire/kafka/messages/heartbeat.ts'
import { JoinGroupRequest, JoinGroupResponse } from '../../../../src/wire/kafka/messages/join-group.ts'
import { LeaveGroupRequest, LeaveGroupResponse } from '../../../../src/wire/kafka/messages/leave-group.ts'
import { OffsetCommitRequest, OffsetCommitResponse } from '../../../../src/wire/kafka/messages/offset-commit.ts'
import { OffsetDeleteRequest, OffsetDeleteResponse } from '../../../../src/wire/kafka/messages/offset-delete.ts'
import { OffsetFetchRequest, OffsetFetchResponse } from '../../../../src/wire/kafka/messages/offset-fetch.ts'
import { SyncGroupRequest, SyncGroupResponse } from '../../../../src/wire/kafka/messages/sync-group.ts'
import { subscription } from '../../../kafka/group-dialogue.ts'
import { chance, command, type Maker, type Scene, somePartition, someTopic } from '../command.ts'
import type { Seat } from '../side.ts'

const JOIN = { request: JoinGroupRequest, response: JoinGroupResponse, versions: [0, 9] } as const
const SYNC = { request: SyncGroupRequest, response: SyncGroupResponse, versions: [0, 5] } as const
const BEAT = { request: HeartbeatRequest, response: HeartbeatResponse, versions: [0, 4] } as const
const LEAVE = { request: LeaveGroupRequest, response: LeaveGroupResponse, versions: [0, 5] } as const
const COMMIT = { request: OffsetCommitRequest, response: OffsetCommitResponse, versions: [2, 10] } as const
const FETCH = { request: OffsetFetchRequest, response: OffsetFetchResponse, versions: [1, 10] } as const
const DESCRIBE = { request: DescribeGroupsRequest, response: DescribeGroupsResponse, versions: [0, 6] } as const
const DELETE = { request: DeleteGroupsRequest, response: DeleteGroupsResponse, versions: [0, 2] } as const
const FORGET = { request: OffsetDeleteRequest, response: OffsetDeleteResponse, versions: [0, 0] } as const

/** One group of up to three members, each of them on a connection of its own. */
function groupOf(scene: Scene): string {
  return chance(scene) ? scene.dice.pick(['', `${scene.prefix}-nobody`]) : `${scene.prefix}-g`
}

/** The group without a name has what others said of it: it is not looked into. */
function namedGroup(scene: Scene): string {
  return chance(scene) ? `${scene.prefix}-nobody` : `${scene.prefix}-g`
}

function memberOf(scene: Scene): { slot: number; seat: Seat } {
  const slot = scene.dice.below(3)
  return { slot, seat: `m${slot}` as Seat }
}

const join: Maker = {
  weight: 6,
  make(scene) {
    const { dice } = scene
    const { slot, seat } = memberOf(scene)
    const groupId = groupOf(scene)
    const version = dice.between(0, 9)
    const groupInstanceId = version >= 5 && dice.chance(0.2) ? `static-${slot}` : null
    const sessionTimeoutMs = chance(scene) ? 1 : 30_000
    const names = dice.pick([['range'], ['range', 'roundrobin'], ['roundrobin']])
    return command(scene, JOIN, {
      seat,
      version,
      about: `${groupId} ${names.join('+')} session=${sessionTimeoutMs}${groupInstanceId === null ? '' : ` ${groupInstanceId}`}`,
      make: (side) => ({
        groupId,
        sessionTimeoutMs,
        rebalanceTimeoutMs: 30_000,
        memberId: side.members[slot]!.id,
        groupInstanceId,
        protocolType: 'consumer',
        protocols: names.map((name) => ({ name, metadata: subscription('t') })),
      }),
      learn(side, { errorCode, memberId, generationId }) {
        if (memberId === '') return
        side.members[slot] = {
          id: memberId,
          generation: errorCode === 0 ? generationId : side.members[slot]!.generation,
        }
        side.call(memberId, `<member ${slot}>`)
      },
    })
  },
}

const sync: Maker = {
  weight: 6,
  make(scene) {
    const { slot, seat } = memberOf(scene)
    const groupId = groupOf(scene)
    const wrong = chance(scene)
    return command(scene, SYNC, {
      seat,
      about: `${groupId}${wrong ? ' another generation' : ''}`,
      make: (side) => ({
        groupId,
        generationId: side.members[slot]!.generation + (wrong ? 1 : 0),
        memberId: side.members[slot]!.id,
        protocolType: 'consumer',
        protocolName: 'range',
        assignments: side.members
          .filter(({ id }) => id !== '')
          .map(({ id }, n) => ({ memberId: id, assignment: Buffer.from(`assigned ${n}`) })),
      }),
    })
  },
}

const heartbeat: Maker = {
  weight: 3,
  make(scene) {
    const { slot, seat } = memberOf(scene)
    const groupId = groupOf(scene)
    const wrong = chance(scene)
    return command(scene, BEAT, {
      seat,
      about: `${groupId}${wrong ? ' another generation' : ''}`,
      make: (side) => ({
        groupId,
        generationId: side.members[slot]!.generation + (wrong ? 1 : 0),
        memberId: side.members[slot]!.id,
      }),
    })
  },
}

const leave: Maker = {
  weight: 2,
  make(scene) {
    const { slot } = memberOf(scene)
    const groupId = groupOf(scene)
    const by = scene.dice.chance(0.2) ? `static-${slot}` : null
    return command(scene, LEAVE, {
      about: `${groupId} member ${slot}${by === null ? '' : ' by its instance'}`,
      make: (side, version) => {
        const memberId = by === null ? side.members[slot]!.id : ''
        return version < 3 ? { groupId, memberId } : { groupId, members: [{ memberId, groupInstanceId: by }] }
      },
    })
  },
}

const commit: Maker = {
  weight: 5,
  make(scene) {
    const { dice } = scene
    const { slot } = memberOf(scene)
    const isLong = chance(scene)
    // A real one remembers a group of which nothing was taken.
    const groupId = isLong ? `long-${scene.prefix}` : groupOf(scene)
    const topic = someTopic(scene)
    const partitionIndex = somePartition(scene, topic)
    const alone = isLong || dice.chance(0.5)
    const committedOffset = dice.below(5)
    const committedMetadata = isLong ? 'x'.repeat(5000) : dice.pick(['', 'note', null])
    return command(scene, COMMIT, {
      about: `${groupId} ${topic}/${partitionIndex} ${committedOffset}${alone ? ' by nobody' : ` by member ${slot}`}`,
      make: (side, version) => ({
        groupId,
        generationIdOrMemberEpoch: alone ? -1 : side.members[slot]!.generation,
        memberId: alone ? '' : side.members[slot]!.id,
        topics: [
          {
            ...(version >= 10 ? { topicId: side.topicId(topic) } : { name: topic }),
            partitions: [{ partitionIndex, committedOffset, committedMetadata }],
          },
        ],
      }),
    })
  },
}

const fetch: Maker = {
  weight: 4,
  make(scene) {
    const groupId = namedGroup(scene)
    const topic = someTopic(scene)
    const partitionIndexes = [0, 1]
    const all = scene.dice.chance(0.3)
    const requireStable = scene.dice.chance(0.5)
    const version = scene.dice.between(all ? 2 : 1, 10)
    return command(scene, FETCH, {
      version,
      about: `${groupId} ${all ? 'everything' : topic}${requireStable ? ' stable' : ''}`,
      asksAgain: true,
      make(side) {
        if (version < 8) return { groupId, topics: all ? null : [{ name: topic, partitionIndexes }], requireStable }
        const named = version >= 10 ? { topicId: side.topicId(topic) } : { name: topic }
        return { groups: [{ groupId, topics: all ? null : [{ ...named, partitionIndexes }] }], requireStable }
      },
    })
  },
}

const describe: Maker = {
  weight: 3,
  make(scene) {
    const groupId = namedGroup(scene)
    return command(scene, DESCRIBE, {
      about: groupId,
      asksAgain: true,
      make: () => ({ groups: [groupId] }),
      // A group that nobody ever was a member of a real one may remember, or not.
      view: (_side, { groups }) =>
        groups.map((group) => {
          const isNobodys = group.members.length === 0 && group.protocolType === ''
          return isNobodys ? { ...group, groupState: 'nobody', errorCode: 0, errorMessage: null } : group
        }),
    })
  },
}

const remove: Maker = {
  weight: 1,
  make(scene) {
    const groupId = namedGroup(scene)
    return command(scene, DELETE, { about: groupId, make: () => ({ groupsNames: [groupId] }) })
  },
}

const forget: Maker = {
  weight: 1,
  make(scene) {
    const groupId = groupOf(scene)
    const topic = someTopic(scene)
    const partitionIndex = somePartition(scene, topic)
    return command(scene, FORGET, {
      about: `${groupId} ${topic}/${partitionIndex}`,
      make: () => ({ groupId, topics: [{ name: topic, partitions: [{ partitionIndex }] }] }),
    })
  },
}

/** What any kind of group can be asked. */
export const OFFSET_MAKERS: readonly Maker[] = [commit, fetch, describe, remove, forget]
export const GROUP_MAKERS: readonly Maker[] = [join, sync, heartbeat, leave, commit, fetch, describe, remove, forget]
