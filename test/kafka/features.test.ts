import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ErrorCode } from '../../src/wire/kafka/errors.ts'
import { ApiVersionsRequest, ApiVersionsResponse } from '../../src/wire/kafka/messages/api-versions.ts'
import {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
} from '../../src/wire/kafka/messages/consumer-group-heartbeat.ts'
import { ShareFetchRequest, ShareFetchResponse } from '../../src/wire/kafka/messages/share-fetch.ts'
import {
  ShareGroupDescribeRequest,
  ShareGroupDescribeResponse,
} from '../../src/wire/kafka/messages/share-group-describe.ts'
import { UpdateFeaturesRequest, UpdateFeaturesResponse } from '../../src/wire/kafka/messages/update-features.ts'
import { KafkaRig } from './rig.ts'

const SAFE_DOWNGRADE = 2

function update(rig: KafkaRig, levels: Readonly<Record<string, number>>, upgradeType = 1, validateOnly = false) {
  const featureUpdates = Object.entries(levels).map(([feature, maxVersionLevel]) => {
    return { feature, maxVersionLevel, upgradeType }
  })
  return rig.ask(UpdateFeaturesRequest, UpdateFeaturesResponse, 1, { featureUpdates, validateOnly })
}

function told(rig: KafkaRig) {
  const names = { clientSoftwareName: 'test', clientSoftwareVersion: '1' }
  const answer = rig.ask(ApiVersionsRequest, ApiVersionsResponse, 4, names)
  const levels = answer.finalizedFeatures.map(({ name, maxVersionLevel }) => [name, maxVersionLevel])
  return { levels: Object.fromEntries(levels), epoch: answer.finalizedFeaturesEpoch }
}

describe('features', () => {
  it('have the level that they were given, also after a power loss', () => {
    const rig = new KafkaRig()
    const before = told(rig)
    assert.equal(before.levels['transaction.version'], 2)
    const answer = update(rig, { 'transaction.version': 1, 'share.version': 0 }, SAFE_DOWNGRADE)
    assert.equal(answer.errorCode, 0)
    assert.deepEqual(
      answer.results.map(({ feature, errorCode }) => [feature, errorCode]),
      [
        ['transaction.version', 0],
        ['share.version', 0],
      ],
    )
    for (let i = 0; i < 2; i++) {
      const { levels, epoch } = told(rig)
      const rest = { 'eligible.leader.replicas.version': 1, 'group.version': 1, 'metadata.version': 30 }
      assert.deepEqual(levels, { ...rest, 'transaction.version': 1 })
      assert.ok(epoch > before.epoch, 'clients pass over what is older than what they know')
      rig.restart()
    }
    const written = rig.broker.definitions.flatMap((source) => [...source.all()])
    assert.equal(written.filter(({ kind }) => kind === 'feature').length, 2, 'in a checkpoint, too')
  })

  it('stay as they are where one of them cannot be changed, and where it is only tried', () => {
    const rig = new KafkaRig()
    const before = told(rig)
    const answer = update(rig, { 'share.version': 0, 'metadata.version': 29 }, SAFE_DOWNGRADE)
    assert.equal(answer.errorCode, ErrorCode.INVALID_UPDATE_VERSION)
    assert.match(answer.errorMessage!, /^The update failed for all .* metadata\.version downgrade from 30 to 29/)
    assert.equal(update(rig, { 'share.version': 0 }, SAFE_DOWNGRADE, true).errorCode, 0)
    assert.deepEqual(told(rig), before)
  })

  it('that are switched off are answered so, and go on where they were when they are on again', () => {
    const rig = new KafkaRig()
    const memberId = 'AAAAAAAAAAAAAAAAAAAABQ'
    const member = {
      groupId: 'g',
      memberId,
      rebalanceTimeoutMs: 1000,
      subscribedTopicNames: ['t'],
      topicPartitions: [],
    }
    const beat = () => rig.ask(ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse, 1, member).errorCode
    assert.equal(beat(), 0)
    update(rig, { 'group.version': 0, 'share.version': 0 }, SAFE_DOWNGRADE)
    assert.equal(beat(), ErrorCode.UNSUPPORTED_VERSION)
    const fetched = rig.ask(ShareFetchRequest, ShareFetchResponse, 1, { groupId: 's', memberId, topics: [] })
    assert.equal(fetched.errorCode, ErrorCode.UNSUPPORTED_VERSION)
    const { groups } = rig.ask(ShareGroupDescribeRequest, ShareGroupDescribeResponse, 1, { groupIds: ['s', 'r'] })
    assert.deepEqual(
      groups.map(({ groupId, errorCode }) => [groupId, errorCode]),
      [
        ['s', ErrorCode.UNSUPPORTED_VERSION],
        ['r', ErrorCode.UNSUPPORTED_VERSION],
      ],
    )
    update(rig, { 'group.version': 1 })
    assert.equal(beat(), 0)
  })
})
