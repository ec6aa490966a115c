import {
  ConsumerGroupDescribeRequest,
  ConsumerGroupDescribeResponse,
} from '../../../../src/wire/kafka/messages/consumer-group-describe.ts'
import {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
} from '../../../../src/wire/kafka/messages/consumer-group-heartbeat.ts'
import { chance, command, type Maker, someTopic } from '../command.ts'
import { OFFSET_MAKERS } from './groups.ts'

const BEAT = {
  request: ConsumerGroupHeartbeatRequest,
  response: ConsumerGroupHeartbeatResponse,
  versions: [0, 1],
} as const
const DESCRIBE = {
  request: ConsumerGroupDescribeRequest,
  response: ConsumerGroupDescribeResponse,
  versions: [0, 1],
} as const

/** Ids that the members make themselves, the same on both sides. */
const IDS = ['AAAAAAAAQAAAAAAAAAAAAA', 'BAAAAAAAQAAAAAAAAAAAAA', 'CAAAAAAAQAAAAAAAAAAAAA'] as const

const heartbeat: Maker = {
  weight: 12,
  make(scene) {
    const { dice } = scene
    const slot = dice.below(3)
    const groupId = chance(scene) ? '' : `${scene.prefix}-g`
    const step = dice.pick(['join', 'beat', 'beat', 'beat', 'leave', 'late'] as const)
    const topic = someTopic(scene)
    const serverAssignor = chance(scene) ? 'none' : dice.pick([null, 'range', 'uniform'])
    const rebalanceTimeoutMs = chance(scene) ? -1 : 60_000
    const changes = dice.chance(0.2)
    return command(scene, BEAT, {
      about: `${groupId} member ${slot} ${step} ${topic} ${serverAssignor ?? ''}`,
      make(side) {
        const member = side.members[slot]!
        const one = { groupId, memberId: IDS[slot]! }
        if (step === 'leave') return { ...one, memberEpoch: -1 }
        const joins = step === 'join'
        const memberEpoch = joins ? 0 : Math.max(member.generation, 1) + (step === 'late' ? -1 : 0)
        return {
          ...one,
          memberEpoch,
          rebalanceTimeoutMs: joins ? rebalanceTimeoutMs : -1,
          subscribedTopicNames: joins || changes ? [topic] : null,
          serverAssignor: joins ? serverAssignor : null,
          topicPartitions: joins ? [] : null,
        }
      },
      learn(side, { errorCode, memberEpoch }) {
        if (errorCode === 0) side.members[slot] = { id: IDS[slot]!, generation: memberEpoch }
      },
    })
  },
}

const describe: Maker = {
  weight: 4,
  make(scene) {
    const groupId = chance(scene) ? `${scene.prefix}-nobody` : `${scene.prefix}-g`
    return command(scene, DESCRIBE, {
      about: groupId,
      asksAgain: true,
      make: () => ({ groupIds: [groupId], includeAuthorizedOperations: scene.illegal > 0.1 }),
    })
  },
}

export const CONSUMER_MAKERS: readonly Maker[] = [heartbeat, describe, ...OFFSET_MAKERS]
