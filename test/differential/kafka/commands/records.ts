import { encodeBatch } from '../../../../sim/kafka/batch.ts'
import { DeleteRecordsRequest, DeleteRecordsResponse } from '../../../../src/wire/kafka/messages/delete-records.ts'
import { FetchRequest, FetchResponse } from '../../../../src/wire/kafka/messages/fetch.ts'
import { InitProducerIdRequest, InitProducerIdResponse } from '../../../../src/wire/kafka/messages/init-producer-id.ts'
import { ListOffsetsRequest, ListOffsetsResponse } from '../../../../src/wire/kafka/messages/list-offsets.ts'
import {
  OffsetForLeaderEpochRequest,
  OffsetForLeaderEpochResponse,
} from '../../../../src/wire/kafka/messages/offset-for-leader-epoch.ts'
import { ProduceRequest, ProduceResponse } from '../../../../src/wire/kafka/messages/produce.ts'
import { type Command, chance, command, type Maker, type Scene, somePartition, someTopic } from '../command.ts'
import type { Side } from '../side.ts'

const PRODUCE = { request: ProduceRequest, response: ProduceResponse, versions: [3, 13] } as const
const FETCH = { request: FetchRequest, response: FetchResponse, versions: [4, 18] } as const
const LIST = { request: ListOffsetsRequest, response: ListOffsetsResponse, versions: [1, 11] } as const
const DELETE = { request: DeleteRecordsRequest, response: DeleteRecordsResponse, versions: [0, 2] } as const
const INIT = { request: InitProducerIdRequest, response: InitProducerIdResponse, versions: [0, 5] } as const
const EPOCH = {
  request: OffsetForLeaderEpochRequest,
  response: OffsetForLeaderEpochResponse,
  versions: [2, 4],
} as const

/** Every record has a number of its own. */
let lastRecord = 0
const SPOILT = ['crc', 'magic', 'length', 'count'] as const

/** A few records, from an idempotent producer or not, and now and then not as they should be. */
export function produced(scene: Scene, topic: string, index: number): Command {
  const { dice } = scene
  const slot = dice.chance(0.5) ? dice.below(2) : -1
  const sequence = dice.pick([0, 0, 1, 2, 3, 5])
  const ids = Array.from({ length: dice.between(1, 3) }, () => ++lastRecord)
  const acks = chance(scene) ? 2 : dice.pick([1, -1])
  const spoilt = chance(scene) ? dice.pick(SPOILT) : null
  const now = 1_700_000_000_000 + dice.below(1000)
  const what = slot < 0 ? '' : ` producer ${slot} sequence ${sequence}`
  return command(scene, PRODUCE, {
    about: `${topic}/${index} ${ids.length} records acks=${acks}${what}${spoilt === null ? '' : ` bad ${spoilt}`}`,
    make(side, version) {
      const producer = slot < 0 ? { id: -1, epoch: -1 } : side.producers[slot]!
      const baseSequence = producer.id < 0 ? -1 : sequence
      const bytes = encodeBatch(
        { producerId: producer.id, producerEpoch: producer.epoch, baseSequence, ids },
        ids.map(() => 10),
        now,
      )
      if (spoilt !== null) spoil(bytes, spoilt)
      const partitionData = [{ index, records: { bytes, at: 0, length: bytes.length } }]
      const name = version >= 13 ? { topicId: side.topicId(topic) } : { name: topic }
      return { transactionalId: null, acks, timeoutMs: 5000, topicData: [{ ...name, partitionData }] }
    },
  })
}

const produce: Maker = {
  weight: 14,
  make(scene) {
    const topic = someTopic(scene)
    // The same partition again and again: what an idempotent producer may do there depends on what it has done.
    return produced(scene, topic, scene.dice.chance(0.5) ? 0 : somePartition(scene, topic))
  },
}

function spoil(bytes: Uint8Array, how: (typeof SPOILT)[number]): void {
  if (how === 'crc') bytes[20]! ^= 1
  else if (how === 'magic') bytes[16] = 3
  else if (how === 'length') bytes[11]! += 7
  else bytes[60]! += 1
}

const fetch: Maker = {
  weight: 8,
  make(scene) {
    const { dice } = scene
    const topic = someTopic(scene)
    const partition = somePartition(scene, topic)
    const fetchOffset = dice.pick([0, 0, 1, 2, 4, 100, -1])
    const isolationLevel = dice.below(2)
    const currentLeaderEpoch = chance(scene) ? 7 : -1
    return command(scene, FETCH, {
      about: `${topic}/${partition} from ${fetchOffset} isolation ${isolationLevel}`,
      asksAgain: true,
      make: (side, version) => ({
        maxWaitMs: 0,
        minBytes: 0,
        maxBytes: 1_000_000,
        isolationLevel,
        topics: [
          {
            ...(version >= 13 ? { topicId: side.topicId(topic) } : { topic }),
            partitions: [{ partition, fetchOffset, currentLeaderEpoch, partitionMaxBytes: 1_000_000 }],
          },
        ],
        rackId: '',
      }),
    })
  },
}

const list: Maker = {
  weight: 4,
  make(scene) {
    const { dice } = scene
    const name = someTopic(scene)
    const partitionIndex = somePartition(scene, name)
    const drawn = dice.pick([-1, -2, -3, -4, -5, 0, 1_700_000_000_500, 1_800_000_000_000])
    const timestamp = drawn === -3 && scene.deleted ? -1 : drawn
    // Each of the special ones has a version that it came with.
    const least = timestamp === -3 ? 7 : timestamp === -4 ? 8 : timestamp === -5 ? 9 : 1
    const version = dice.between(chance(scene) ? 1 : least, 11)
    const isolationLevel = dice.below(2)
    return command(scene, LIST, {
      about: `${name}/${partitionIndex} at ${timestamp} isolation ${isolationLevel}`,
      version,
      asksAgain: true,
      make: () => ({ replicaId: -1, isolationLevel, topics: [{ name, partitions: [{ partitionIndex, timestamp }] }] }),
    })
  },
}

const deleteRecords: Maker = {
  weight: 1,
  make(scene) {
    const name = someTopic(scene)
    const partitionIndex = somePartition(scene, name)
    const offset = scene.dice.pick([-1, 0, 1, 2, 50])
    scene.deleted = true
    return command(scene, DELETE, {
      about: `${name}/${partitionIndex} below ${offset}`,
      make: () => ({ topics: [{ name, partitions: [{ partitionIndex, offset }] }], timeoutMs: 5000 }),
    })
  },
}

const leaderEpoch: Maker = {
  weight: 1,
  make(scene) {
    const topic = someTopic(scene)
    const partition = somePartition(scene, topic)
    const epoch = scene.dice.pick([-1, 0, 1, 5])
    return command(scene, EPOCH, {
      about: `${topic}/${partition} epoch ${epoch}`,
      asksAgain: true,
      make: () => ({ replicaId: -1, topics: [{ topic, partitions: [{ partition, leaderEpoch: epoch }] }] }),
    })
  },
}

export const initProducer: Maker = {
  weight: 5,
  make(scene) {
    const slot = scene.dice.below(2)
    const version = scene.dice.between(0, 5)
    const again = version >= 3 && scene.dice.chance(0.3)
    return command(scene, INIT, {
      about: `producer ${slot}${again ? ' again' : ''}`,
      version,
      make: (side) => ({
        transactionalId: null,
        transactionTimeoutMs: 60_000,
        ...(again ? { producerId: side.producers[slot]!.id, producerEpoch: side.producers[slot]!.epoch } : {}),
      }),
      learn: (side, { errorCode, producerId, producerEpoch }) => {
        if (errorCode === 0) remember(side, slot, producerId, producerEpoch)
      },
    })
  },
}

function remember(side: Side, slot: number, id: number, epoch: number): void {
  side.producers[slot] = { id, epoch }
  side.call(id, `<producer ${slot}>`)
}

/** What reads records, whoever wrote them. */
export const RECORD_READERS: readonly Maker[] = [fetch, list]
export const RECORD_MAKERS: readonly Maker[] = [produce, fetch, list, deleteRecords, leaderEpoch, initProducer]
