import { transactionalBatch } from '../../../../sim/kafka/batch.ts'
import {
  AddOffsetsToTxnRequest,
  AddOffsetsToTxnResponse,
} from '../../../../src/wire/kafka/messages/add-offsets-to-txn.ts'
import {
  AddPartitionsToTxnRequest,
  AddPartitionsToTxnResponse,
} from '../../../../src/wire/kafka/messages/add-partitions-to-txn.ts'
import {
  DescribeTransactionsRequest,
  DescribeTransactionsResponse,
} from '../../../../src/wire/kafka/messages/describe-transactions.ts'
import { EndTxnRequest, EndTxnResponse } from '../../../../src/wire/kafka/messages/end-txn.ts'
import { InitProducerIdRequest, InitProducerIdResponse } from '../../../../src/wire/kafka/messages/init-producer-id.ts'
import { ProduceRequest, ProduceResponse } from '../../../../src/wire/kafka/messages/produce.ts'
import {
  TxnOffsetCommitRequest,
  TxnOffsetCommitResponse,
} from '../../../../src/wire/kafka/messages/txn-offset-commit.ts'
import {
  WriteTxnMarkersRequest,
  WriteTxnMarkersResponse,
} from '../../../../src/wire/kafka/messages/write-txn-markers.ts'
import { chance, command, type Maker, type Scene, somePartition, someTopic } from '../command.ts'
import type { Side } from '../side.ts'
import { RECORD_READERS } from './records.ts'

const INIT = { request: InitProducerIdRequest, response: InitProducerIdResponse, versions: [0, 5] } as const
const ADD = { request: AddPartitionsToTxnRequest, response: AddPartitionsToTxnResponse, versions: [0, 5] } as const
const ADD_OFFSETS = { request: AddOffsetsToTxnRequest, response: AddOffsetsToTxnResponse, versions: [0, 4] } as const
const COMMIT = { request: TxnOffsetCommitRequest, response: TxnOffsetCommitResponse, versions: [0, 5] } as const
const END = { request: EndTxnRequest, response: EndTxnResponse, versions: [0, 5] } as const
const PRODUCE = { request: ProduceRequest, response: ProduceResponse, versions: [3, 13] } as const
const MARK = { request: WriteTxnMarkersRequest, response: WriteTxnMarkersResponse, versions: [1, 2] } as const
const DESCRIBE = {
  request: DescribeTransactionsRequest,
  response: DescribeTransactionsResponse,
  versions: [0, 0],
} as const

/** Two transactional ids: producers of both, and earlier producers of each, get into one another's way. */
function whoOf(scene: Scene): { slot: number; transactionalId: string; wrong: boolean } {
  const slot = scene.dice.below(2)
  const wrong = chance(scene)
  const name = wrong && scene.dice.chance(0.3) ? `${scene.prefix}-nobody` : `${scene.prefix}-x${slot}`
  return { slot, transactionalId: name, wrong }
}

/** The producer of a slot, or one that was it before. */
function producerOf(side: Side, slot: number, wrong: boolean): { producerId: number; producerEpoch: number } {
  const { id, epoch } = side.producers[slot]!
  return { producerId: id, producerEpoch: wrong ? epoch - 1 : epoch }
}

const init: Maker = {
  weight: 5,
  make(scene) {
    const { slot, transactionalId } = whoOf(scene)
    const transactionTimeoutMs = chance(scene) ? scene.dice.pick([0, -1, 2_000_000_000]) : 60_000
    return command(scene, INIT, {
      about: `${transactionalId} timeout=${transactionTimeoutMs}`,
      make: () => ({ transactionalId, transactionTimeoutMs }),
      learn(side, { errorCode, producerId, producerEpoch }) {
        if (errorCode !== 0) return
        side.producers[slot] = { id: producerId, epoch: producerEpoch }
        side.call(producerId, `<producer ${slot}>`)
      },
    })
  },
}

const add: Maker = {
  weight: 6,
  make(scene) {
    const { slot, transactionalId, wrong } = whoOf(scene)
    const name = someTopic(scene)
    const partition = somePartition(scene, name)
    const version = scene.dice.between(0, 5)
    // Brokers ask each other with the newer ones.
    const verifyOnly = version >= 4 && scene.dice.chance(0.5)
    return command(scene, ADD, {
      version,
      about: `${transactionalId} ${name}/${partition}${wrong ? ' fenced' : ''}${verifyOnly ? ' verify' : ''}`,
      make: (side) => {
        const { producerId, producerEpoch } = producerOf(side, slot, wrong)
        const topics = [{ name, partitions: [partition] }]
        if (version >= 4) return { transactions: [{ transactionalId, producerId, producerEpoch, verifyOnly, topics }] }
        return {
          v3AndBelowTransactionalId: transactionalId,
          v3AndBelowProducerId: producerId,
          v3AndBelowProducerEpoch: producerEpoch,
          v3AndBelowTopics: topics,
        }
      },
    })
  },
}

const addOffsets: Maker = {
  weight: 2,
  make(scene) {
    const { slot, transactionalId, wrong } = whoOf(scene)
    const groupId = chance(scene) ? '' : `${scene.prefix}-g`
    return command(scene, ADD_OFFSETS, {
      about: `${transactionalId} ${groupId}${wrong ? ' fenced' : ''}`,
      make: (side) => ({ transactionalId, ...producerOf(side, slot, wrong), groupId }),
    })
  },
}

const commitOffsets: Maker = {
  weight: 3,
  make(scene) {
    const { slot, transactionalId, wrong: isOther } = whoOf(scene)
    // Of an id that nobody has a real one asks the group's log first, which may know the producer (docs/compatibility.md): it has the latest epoch here.
    const wrong = isOther && !transactionalId.endsWith('-nobody')
    const groupId = `${scene.prefix}-g`
    const name = someTopic(scene)
    const partitionIndex = somePartition(scene, name)
    const committedOffset = scene.dice.below(5)
    return command(scene, COMMIT, {
      about: `${transactionalId} ${groupId} ${name}/${partitionIndex} ${committedOffset}${wrong ? ' fenced' : ''}`,
      make: (side) => ({
        transactionalId,
        groupId,
        ...producerOf(side, slot, wrong),
        topics: [{ name, partitions: [{ partitionIndex, committedOffset, committedMetadata: '' }] }],
      }),
    })
  },
}

const end: Maker = {
  weight: 5,
  make(scene) {
    const { slot, transactionalId, wrong } = whoOf(scene)
    const committed = scene.dice.chance(0.6)
    return command(scene, END, {
      about: `${transactionalId} ${committed ? 'commit' : 'abort'}${wrong ? ' fenced' : ''}`,
      make: (side) => ({ transactionalId, ...producerOf(side, slot, wrong), committed }),
      learn(side, { errorCode, producerId, producerEpoch }) {
        if (errorCode !== 0 || producerId < 0) return
        side.producers[slot] = { id: producerId, epoch: producerEpoch }
        side.call(producerId, `<producer ${slot}>`)
      },
    })
  },
}

let lastRecord = 0

const produce: Maker = {
  weight: 8,
  make(scene) {
    const { slot, transactionalId, wrong } = whoOf(scene)
    const topic = someTopic(scene)
    const index = somePartition(scene, topic)
    const baseSequence = scene.dice.pick([0, 0, 0, 1, 1, 2, 3])
    const ids = [++lastRecord]
    return command(scene, PRODUCE, {
      version: scene.isOld ? scene.dice.between(3, 11) : scene.dice.between(12, 13),
      about: `${transactionalId} ${topic}/${index} sequence ${baseSequence}${wrong ? ' fenced' : ''}`,
      make(side, version) {
        // A marker has the time of now: next to it old records would lie in another segment, behind which a real one goes on in another answer.
        const bytes = transactionalBatch({ ...producerOf(side, slot, wrong), baseSequence, ids }, Date.now() - 1000)
        const partitionData = [{ index, records: { bytes, at: 0, length: bytes.length } }]
        const name = version >= 13 ? { topicId: side.topicId(topic) } : { name: topic }
        return { transactionalId, acks: -1, timeoutMs: 5000, topicData: [{ ...name, partitionData }] }
      },
    })
  },
}

/** As an operator ends a transaction that hangs. */
const mark: Maker = {
  weight: 1,
  make(scene) {
    const { slot, wrong } = whoOf(scene)
    const name = someTopic(scene)
    const partitionIndexes = [somePartition(scene, name)]
    const transactionResult = scene.dice.chance(0.2)
    return command(scene, MARK, {
      about: `producer ${slot} ${name}/${partitionIndexes} ${transactionResult ? 'commit' : 'abort'}${wrong ? ' fenced' : ''}`,
      make: (side) => ({
        markers: [
          {
            ...producerOf(side, slot, wrong),
            transactionResult,
            topics: [{ name, partitionIndexes }],
            coordinatorEpoch: 0,
          },
        ],
      }),
    })
  },
}

const describe: Maker = {
  weight: 3,
  make(scene) {
    const { transactionalId } = whoOf(scene)
    return command(scene, DESCRIBE, {
      about: transactionalId,
      asksAgain: true,
      make: () => ({ transactionalIds: [transactionalId] }),
    })
  },
}

export const TRANSACTION_MAKERS: readonly Maker[] = [
  init,
  add,
  addOffsets,
  commitOffsets,
  end,
  produce,
  mark,
  describe,
  ...RECORD_READERS,
]
