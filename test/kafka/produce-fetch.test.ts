import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createTopic } from '../../src/broker/topic/create.ts'
import { enforceRetention } from '../../src/broker/topic/retention.ts'
import { journalFileName } from '../../src/store/journal-files.ts'
import { JOURNAL, SEGMENT, SEGMENT_SPAN } from '../../src/store/place.ts'
import { segmentName } from '../../src/store/segments.ts'
import { ErrorCode } from '../../src/wire/kafka/errors.ts'
import { DeleteRecordsRequest, DeleteRecordsResponse } from '../../src/wire/kafka/messages/delete-records.ts'
import { FetchRequest, FetchResponse } from '../../src/wire/kafka/messages/fetch.ts'
import { InitProducerIdRequest, InitProducerIdResponse } from '../../src/wire/kafka/messages/init-producer-id.ts'
import { ListOffsetsRequest, ListOffsetsResponse } from '../../src/wire/kafka/messages/list-offsets.ts'
import {
  OffsetForLeaderEpochRequest,
  OffsetForLeaderEpochResponse,
} from '../../src/wire/kafka/messages/offset-for-leader-epoch.ts'
import { ProduceRequest, ProduceResponse } from '../../src/wire/kafka/messages/produce.ts'
import type { Encodable, Slice } from '../../src/wire/kafka/schema.ts'
import { batch, KafkaRig, recordsIn } from './rig.ts'

function rigWith(configs: [string, string][] = [], partitions = 1): KafkaRig {
  const rig = new KafkaRig()
  rig.run(5)
  assert.ok(createTopic(rig.topics, { name: 't', partitions, configs: new Map(configs) }).ok)
  return rig
}

function topicId(rig: KafkaRig): string {
  return rig.topics.byName.get('t')!.id
}

function produceRequest(rig: KafkaRig, version: number, records: Slice, acks = -1): Encodable<typeof ProduceRequest> {
  const named = version >= 13 ? { topicId: topicId(rig) } : { name: 't' }
  return { acks, timeoutMs: 1000, topicData: [{ ...named, partitionData: [{ index: 0, records }] }] }
}

function produce(rig: KafkaRig, records: Slice, version = 13) {
  const { responses } = rig.ask(ProduceRequest, ProduceResponse, version, produceRequest(rig, version, records))
  return responses[0]!.partitionResponses[0]!
}

interface FetchOptions {
  version?: number
  maxWaitMs?: number
  minBytes?: number
  maxBytes?: number
  partitionMaxBytes?: number
  sessionId?: number
  sessionEpoch?: number
  topics?: Encodable<typeof FetchRequest>['topics']
  currentLeaderEpoch?: number
}

function fetchRequest(rig: KafkaRig, fetchOffset: number, options: FetchOptions = {}): Encodable<typeof FetchRequest> {
  const { version = 18, maxWaitMs = 0, minBytes = 1, partitionMaxBytes = 1 << 20, currentLeaderEpoch = -1 } = options
  const named = version >= 13 ? { topicId: topicId(rig) } : { topic: 't' }
  const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes, currentLeaderEpoch }]
  return { maxBytes: 1 << 26, topics: [{ ...named, partitions }], ...options, maxWaitMs, minBytes }
}

function fetchAll(rig: KafkaRig, fetchOffset: number, options: FetchOptions = {}) {
  return rig.ask(FetchRequest, FetchResponse, options.version ?? 18, fetchRequest(rig, fetchOffset, options))
}

function fetch(rig: KafkaRig, fetchOffset: number, options: FetchOptions = {}) {
  return fetchAll(rig, fetchOffset, options).responses[0]!.partitions[0]!
}

function offsetAt(rig: KafkaRig, timestamp: number): number {
  const topics = [{ name: 't', partitions: [{ partitionIndex: 0, timestamp }] }]
  return rig.ask(ListOffsetsRequest, ListOffsetsResponse, 8, { topics }).topics[0]!.partitions[0]!.offset
}

describe('produce and fetch', () => {
  it('work in every version', () => {
    const rig = rigWith()
    for (let version = 3; version <= 13; version++) {
      const { errorCode, baseOffset } = produce(rig, batch([version]), version)
      assert.deepEqual([errorCode, baseOffset], [0, version - 3])
    }
    for (let version = 4; version <= 18; version++) {
      const { errorCode, highWatermark, records } = fetch(rig, 0, { version })
      assert.deepEqual([errorCode, highWatermark], [0, 11])
      assert.deepEqual(recordsIn(records), [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13])
    }
  })

  it('lose nothing that was answered when the power goes', () => {
    const rig = rigWith()
    for (let i = 0; i < 20; i++) produce(rig, batch([i, i + 100]))
    rig.restart()
    const expected = Array.from({ length: 20 }, (_, i) => [i, i + 100]).flat()
    assert.deepEqual(recordsIn(fetch(rig, 0).records), expected)
    assert.equal(produce(rig, batch([1])).baseOffset, 40)
  })

  for (const [size, count] of [
    [500, 2000],
    [50_000, 40],
  ] as const) {
    it(`bring back what has left memory long ago, in batches of ${size} bytes`, () => {
      const rig = rigWith()
      for (let i = 0; i < count; i += 20) {
        for (let j = i; j < i + 19; j++) {
          rig.client.ask(ProduceRequest, ProduceResponse, 13, produceRequest(rig, 13, batch([j], {}, size)), () => {})
        }
        produce(rig, batch([i + 19], {}, size))
      }
      const seen: number[] = []
      while (seen.length < count) {
        seen.push(...recordsIn(fetch(rig, seen.length, { partitionMaxBytes: 150_000 }).records))
      }
      assert.deepEqual(seen, [...Array(count).keys()])
    })
  }

  it('take a request that is larger than what the read region keeps', () => {
    const rig = rigWith()
    const ids = [...Array(10).keys()]
    assert.equal(produce(rig, batch(ids, {}, 20_000)).errorCode, 0)
    assert.deepEqual(recordsIn(fetch(rig, 0).records), ids)
  })

  it('answer pipelined requests in order, and show nothing before it is durable', () => {
    const rig = rigWith()
    const offsets: number[] = []
    for (let i = 0; i < 50; i++) {
      rig.client.ask(ProduceRequest, ProduceResponse, 9, produceRequest(rig, 9, batch([i])), ({ responses }) => {
        offsets.push(responses[0]!.partitionResponses[0]!.baseOffset)
        assert.ok(rig.topics.byName.get('t')!.partitions[0]!.highWatermark >= offsets.length)
      })
    }
    rig.run(500)
    assert.deepEqual(offsets, [...Array(50).keys()])
  })

  it('answer nothing with acks=0, and close the connection when a batch is refused', () => {
    const rig = rigWith()
    rig.client.ask(ProduceRequest, ProduceResponse, 9, produceRequest(rig, 9, batch([1]), 0), () =>
      assert.fail('there is no answer'),
    )
    rig.run(100)
    const other = rig.connect()
    assert.deepEqual(
      recordsIn(
        rig.ask(FetchRequest, FetchResponse, 12, fetchRequest(rig, 0, { version: 12 }), other).responses[0]!
          .partitions[0]!.records,
      ),
      [1],
    )
    const damaged = batch([1])
    damaged.bytes[30]! ^= 1
    rig.client.ask(ProduceRequest, ProduceResponse, 9, produceRequest(rig, 9, damaged, 0), () => {})
    rig.run(100)
    assert.equal(rig.client.open, false)
  })

  it('refuse what they must', () => {
    const rig = rigWith([['max.message.bytes', '300']])
    const damaged = batch([1])
    damaged.bytes[30]! ^= 1
    assert.equal(produce(rig, damaged).errorCode, ErrorCode.CORRUPT_MESSAGE)
    assert.equal(produce(rig, batch([1], {}, 400)).errorCode, ErrorCode.MESSAGE_TOO_LARGE)
    assert.equal(produce(rig, batch([1], {}, 10, 9e15)).errorCode, ErrorCode.INVALID_TIMESTAMP)
    const badAcks = produceRequest(rig, 9, batch([1]), 5)
    const { responses } = rig.ask(ProduceRequest, ProduceResponse, 9, badAcks)
    assert.equal(responses[0]!.partitionResponses[0]!.errorCode, ErrorCode.INVALID_REQUIRED_ACKS)
    assert.equal(fetch(rig, 1).errorCode, ErrorCode.OFFSET_OUT_OF_RANGE)
    assert.equal(fetch(rig, 0, { currentLeaderEpoch: 9 }).errorCode, ErrorCode.UNKNOWN_LEADER_EPOCH)
    assert.equal(rig.topics.byName.get('t')!.partitions[0]!.endOffset, 0)
  })

  it('give all records of a batch the time of its append where the topic wants it', () => {
    const rig = rigWith([['message.timestamp.type', 'LogAppendTime']])
    const answer = produce(rig, batch([1, 2]))
    assert.ok(answer.logAppendTimeMs > 1000)
    assert.deepEqual(recordsIn(fetch(rig, 0).records), [1, 2])
    assert.equal(offsetAt(rig, answer.logAppendTimeMs), 0)
    assert.equal(offsetAt(rig, answer.logAppendTimeMs + 1), -1)
  })
})

describe('an idempotent producer', () => {
  it('may send a batch again, also to a broker that has started anew', () => {
    const rig = rigWith()
    const ask = { transactionalId: null, transactionTimeoutMs: 1000 }
    const { producerId } = rig.ask(InitProducerIdRequest, InitProducerIdResponse, 4, ask)
    const send = (baseSequence: number) =>
      produce(rig, batch([baseSequence], { producerId, producerEpoch: 0, baseSequence }))
    assert.equal(send(0).baseOffset, 0)
    assert.equal(send(1).baseOffset, 1)
    assert.equal(send(0).baseOffset, 0)
    rig.restart()
    assert.equal(send(1).baseOffset, 1)
    assert.equal(send(3).errorCode, ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
    assert.equal(send(2).baseOffset, 2)
    const next = rig.ask(InitProducerIdRequest, InitProducerIdResponse, 4, ask)
    assert.ok(next.producerId > producerId, 'an id is never given twice')
  })
})

describe('a fetch that waits', () => {
  it('is answered as soon as records are durable', () => {
    const rig = rigWith()
    const reader = rig.connect()
    let got: number[] | null = null
    reader.ask(FetchRequest, FetchResponse, 12, fetchRequest(rig, 0, { version: 12, maxWaitMs: 60_000 }), (answer) => {
      got = recordsIn(answer.responses[0]!.partitions[0]!.records)
    })
    rig.run(1000)
    assert.equal(got, null)
    produce(rig, batch([7]))
    rig.run(20)
    assert.deepEqual(got, [7])
  })

  it('is answered with what there is when its time is over', () => {
    const rig = rigWith()
    produce(rig, batch([1]))
    const before = rig.clock.elapsed()
    const { records } = fetch(rig, 0, { maxWaitMs: 500, minBytes: 1 << 20 })
    assert.deepEqual(recordsIn(records), [1])
    assert.ok(rig.clock.elapsed() - before >= 500)
    assert.equal(rig.topics.byName.get('t')!.partitions[0]!.waiters.size, 0)
  })

  it('holds up the requests behind it, and leaves nothing behind when its connection ends', () => {
    const rig = rigWith()
    const reader = rig.connect()
    const request = fetchRequest(rig, 0, { version: 12, maxWaitMs: 60_000 })
    reader.ask(FetchRequest, FetchResponse, 12, request, () => {})
    reader.ask(FetchRequest, FetchResponse, 12, request, () => {})
    rig.run(100)
    const partition = rig.topics.byName.get('t')!.partitions[0]!
    assert.equal(partition.waiters.size, 1)
    reader.break('reset')
    rig.run(5000)
    assert.equal(partition.waiters.size, 0)
  })

  it('is given one batch at least, however little it takes', () => {
    const rig = rigWith()
    produce(rig, batch([1], {}, 5000))
    produce(rig, batch([2], {}, 5000))
    assert.deepEqual(recordsIn(fetch(rig, 0, { partitionMaxBytes: 10 }).records), [1])
    assert.deepEqual(recordsIn(fetch(rig, 1, { maxBytes: 10 }).records), [2])
  })
})

describe('a fetch session', () => {
  it('tells what changed, and forgets what it is told to', () => {
    const rig = rigWith([], 2)
    const begun = fetchAll(rig, 0, { sessionEpoch: 0 })
    assert.ok(begun.sessionId > 0)
    const { sessionId } = begun
    assert.deepEqual(fetchAll(rig, 0, { sessionId, sessionEpoch: 1, topics: [] }).responses, [])
    produce(rig, batch([1]))
    const changed = fetchAll(rig, 0, { sessionId, sessionEpoch: 2, topics: [] }).responses[0]!.partitions[0]!
    assert.deepEqual(recordsIn(changed.records), [1])
    assert.equal(fetchAll(rig, 1, { sessionId, sessionEpoch: 3 }).responses.length, 0)
    const stale = fetchAll(rig, 1, { sessionId, sessionEpoch: 3 })
    assert.equal(stale.errorCode, ErrorCode.INVALID_FETCH_SESSION_EPOCH)
    assert.equal(fetchAll(rig, 1, { sessionId, sessionEpoch: -1 }).responses.length, 1)
    const closed = fetchAll(rig, 1, { sessionId, sessionEpoch: 4 })
    assert.equal(closed.errorCode, ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
  })
})

describe('the start of a log', () => {
  it('moves when records are deleted, for good', () => {
    const rig = rigWith()
    for (let i = 0; i < 5; i++) produce(rig, batch([i]))
    const remove = (offset: number) =>
      rig.ask(DeleteRecordsRequest, DeleteRecordsResponse, 2, {
        topics: [{ name: 't', partitions: [{ partitionIndex: 0, offset }] }],
        timeoutMs: 1000,
      }).topics[0]!.partitions[0]!
    assert.equal(remove(3).lowWatermark, 3)
    assert.equal(remove(1).lowWatermark, 3)
    assert.equal(remove(6).errorCode, ErrorCode.OFFSET_OUT_OF_RANGE)
    rig.restart()
    assert.equal(offsetAt(rig, -2), 3)
    assert.equal(fetch(rig, 2).errorCode, ErrorCode.OFFSET_OUT_OF_RANGE)
    assert.deepEqual(recordsIn(fetch(rig, 3).records), [3, 4])
    assert.equal(remove(-1).lowWatermark, 5)
    rig.restart()
    assert.equal(produce(rig, batch([9])).baseOffset, 5)
  })

  it('moves by retention, in whole segments', () => {
    const rig = rigWith([
      ['retention.bytes', '250'],
      ['retention.ms', '-1'],
      ['segment.ms', '10'],
    ])
    for (let i = 0; i < 6; i++) produce(rig, batch([i], {}, 10, 1000 + 20 * Math.floor(i / 2)))
    rig.broker.turn.start(enforceRetention(rig.topics))
    rig.run(50)
    const start = offsetAt(rig, -2)
    assert.equal(start, 2)
    assert.deepEqual(recordsIn(fetch(rig, start).records), [0, 1, 2, 3, 4, 5].slice(start))
  })
})

describe('offsets', () => {
  it('are found by time', () => {
    const rig = rigWith()
    for (const time of [1000, 3000, 2000]) produce(rig, batch([1, 2], {}, 10, time))
    assert.equal(offsetAt(rig, 0), 0)
    assert.equal(offsetAt(rig, 1001), 2)
    assert.equal(offsetAt(rig, 3001), -1)
    assert.equal(offsetAt(rig, -1), 6)
    assert.equal(offsetAt(rig, -3), 2)
  })

  it('are found by time behind records without one, and behind those that are deleted, be it in the middle of a batch', () => {
    const rig = rigWith()
    produce(rig, batch([1], {}, 10, -1))
    produce(rig, batch([2, 3], {}, 10, 4000))
    produce(rig, batch([4], {}, 10, 5000))
    assert.equal(offsetAt(rig, 3000), 1)
    rig.ask(DeleteRecordsRequest, DeleteRecordsResponse, 2, {
      topics: [{ name: 't', partitions: [{ partitionIndex: 0, offset: 2 }] }],
      timeoutMs: 1000,
    })
    assert.equal(offsetAt(rig, 3000), 2)
    for (let i = 0; i < 20; i++) produce(rig, batch([i], {}, 50_000, 6000))
    assert.equal(offsetAt(rig, 3000), 2, 'also when they have left memory')
    assert.equal(offsetAt(rig, 5500), 4)
  })

  it('of records without a time age from their append', () => {
    const rig = rigWith()
    produce(rig, batch([1], {}, 10, -1))
    rig.broker.turn.start(enforceRetention(rig.topics))
    rig.run(50)
    assert.equal(offsetAt(rig, -2), 0)
  })

  it('of an epoch end where an unclean start began the next', () => {
    const rig = rigWith()
    produce(rig, batch([1]))
    const before = rig.topics.leaderEpoch
    rig.restart()
    assert.equal(rig.topics.leaderEpoch, before + 1)
    produce(rig, batch([2]))
    const topics = [{ topic: 't', partitions: [{ partition: 0, leaderEpoch: before }] }]
    const { topics: ends } = rig.ask(OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse, 4, { topics })
    assert.deepEqual([ends[0]!.partitions[0]!.leaderEpoch, ends[0]!.partitions[0]!.endOffset], [before, 1])
  })

  it('tell of damage in the journal to who asks for it, be the batches small or large', () => {
    for (const length of [200, 1000]) {
      const rig = rigWith()
      const records = (n: number) =>
        batch(
          Array.from({ length: 60 }, (_, i) => n * 60 + i),
          {},
          length,
        )
      for (let n = 0; n < 60; n++) assert.equal(produce(rig, records(n)).errorCode, 0)
      const { index } = rig.topics.byName.get('t')!.partitions[0]!
      const entry = index.find(5 * 60)
      assert.equal(index.place(entry), JOURNAL)
      const position = index.position(entry)
      rig.disk.flip(journalFileName(Math.floor(position / 262_144)), (position % 262_144) + 500, 3)
      assert.equal(fetch(rig, 5 * 60).errorCode, ErrorCode.KAFKA_STORAGE_ERROR)
      assert.equal(fetch(rig, 59 * 60).errorCode, 0)
      const told = rig.events.filter(({ kind }) => kind !== 'recovered')
      assert.deepEqual(told.map(({ kind }) => kind).sort(), ['damage', 'unreadable-records'])
    }
  })

  it('tell of damage on the disk to who asks for it, and to nobody else', () => {
    const rig = rigWith([], 2)
    const records = (n: number) =>
      batch(
        Array.from({ length: 60 }, (_, i) => n * 60 + i),
        {},
        1000,
      )
    for (let n = 0; n < 120; n++) assert.equal(produce(rig, records(n)).errorCode, 0)
    rig.run(5000)
    const { index } = rig.topics.byName.get('t')!.partitions[0]!
    assert.equal(index.place(index.find(0)), SEGMENT)
    const position = index.position(index.find(0))
    rig.disk.flip(segmentName(Math.floor(position / SEGMENT_SPAN)), (position % SEGMENT_SPAN) + 500, 3)
    const asked = [0, 1].map((partition) => ({
      partition,
      fetchOffset: 0,
      partitionMaxBytes: 1000,
      currentLeaderEpoch: -1,
    }))
    for (let again = 0; again < 2; again++) {
      const { responses } = fetchAll(rig, 0, { topics: [{ topicId: topicId(rig), partitions: asked }] })
      const errors = responses[0]!.partitions.map((one) => [one.partitionIndex, one.errorCode])
      assert.deepEqual(errors, [
        [0, ErrorCode.KAFKA_STORAGE_ERROR],
        [1, 0],
      ])
    }
    assert.equal(fetch(rig, 119 * 60).errorCode, 0)
    const told = rig.events.filter(({ kind }) => kind !== 'recovered')
    assert.deepEqual(told.map(({ kind }) => kind).sort(), ['damage', 'unreadable-records'])
  })
})
