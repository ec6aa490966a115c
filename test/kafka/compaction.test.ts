import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { decodeKeyed, encodeKeyed, type Keyed, type KeyedAt } from '../../sim/kafka/keyed-batch.ts'
import { Compaction } from '../../src/broker/topic/compaction/compaction.ts'
import { configureTopic } from '../../src/broker/topic/configure.ts'
import { createTopic } from '../../src/broker/topic/create.ts'
import { crc32c } from '../../src/std/crc32c.ts'
import { journalFileName } from '../../src/store/journal-files.ts'
import { JOURNAL } from '../../src/store/place.ts'
import { ErrorCode } from '../../src/wire/kafka/errors.ts'
import { FetchRequest, FetchResponse } from '../../src/wire/kafka/messages/fetch.ts'
import { ListOffsetsRequest, ListOffsetsResponse } from '../../src/wire/kafka/messages/list-offsets.ts'
import { ProduceRequest, ProduceResponse } from '../../src/wire/kafka/messages/produce.ts'
import { KafkaRig } from './rig.ts'
import { type TransactionalProducer, TransactionRig } from './transaction-rig.ts'

const COMPACT: readonly [string, string][] = [
  ['cleanup.policy', 'compact'],
  ['segment.ms', '10'],
  ['min.cleanable.dirty.ratio', '0.01'],
  ['delete.retention.ms', '60000'],
  ['message.timestamp.after.max.ms', '9223372036854775807'],
]

class Table {
  readonly rig: KafkaRig
  time = 1000

  constructor(configs: readonly (readonly [string, string])[] = COMPACT) {
    this.rig = new KafkaRig()
    this.rig.run(5)
    assert.ok(createTopic(this.rig.topics, { name: 't', partitions: 1, configs: new Map(configs) }).ok)
    new Compaction(this.rig.topics).start()
  }

  produce(...records: [key: string | null, value: string | null][]) {
    const batch = encodeKeyed(
      records.map(([key, value]): Keyed => ({ key, value })),
      (this.time += 20),
    )
    return this.put(batch)
  }

  put(bytes: Uint8Array, name = 't') {
    const partitionData = [{ index: 0, records: { bytes, at: 0, length: bytes.length } }]
    const request = { acks: -1, timeoutMs: 1000, topicData: [{ name, partitionData }] }
    return this.rig.ask(ProduceRequest, ProduceResponse, 9, request).responses[0]!.partitionResponses[0]!
  }

  fetch(fetchOffset: number): Uint8Array {
    const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: 1 << 20 }]
    const request = { maxBytes: 1 << 20, maxWaitMs: 0, minBytes: 0, topics: [{ topic: 't', partitions }] }
    const { records } = this.rig.ask(FetchRequest, FetchResponse, 12, request).responses[0]!.partitions[0]!
    return records!.bytes.slice(records!.at, records!.at + records!.length)
  }

  /** Everything there is, by fetching until nothing comes. */
  all(): KeyedAt[] {
    const found: KeyedAt[] = []
    for (let next = 0; ; ) {
      const read = decodeKeyed(this.fetch(next))
      if (read.next < 0) return found
      found.push(...read.records)
      next = read.next
    }
  }

  offsetAt(timestamp: number): number {
    const topics = [{ name: 't', partitions: [{ partitionIndex: 0, timestamp }] }]
    return this.rig.ask(ListOffsetsRequest, ListOffsetsResponse, 8, { topics }).topics[0]!.partitions[0]!.offset
  }

  /** Has the log cleaned, which is looked after every 15 s. */
  clean(): void {
    this.rig.run(16_000)
  }
}

const at = (offset: number, key: string, value: string | null): KeyedAt => ({ offset, key, value })

describe('a compacted topic', () => {
  it('keeps the last record of each key at its offset, also after a power loss', () => {
    const table = new Table()
    for (let i = 0; i < 50; i++) table.produce([`k${i % 5}`, `${i}`], [`k${i % 3}`, `${i}+`])
    assert.equal(table.all().length, 100)
    table.clean()
    const left = table.all()
    assert.ok(left.length < 20, `${left.length} are left`)
    const last = new Map(left.map((one) => [one.key, one]))
    assert.deepEqual(last.get('k0'), at(97, 'k0', '48+'))
    assert.deepEqual(last.get('k4'), at(98, 'k4', '49'))
    assert.equal(table.offsetAt(-2), 0)
    assert.equal(table.offsetAt(-1), 100)
    table.rig.restart()
    assert.deepEqual(table.all(), left)
    assert.equal(table.produce(['k0', 'more']).baseOffset, 100)
  })

  it('is left as it is until the next start where the disk does not give it back, and holds up no other', () => {
    const table = new Table()
    const { rig } = table
    assert.ok(createTopic(rig.topics, { name: 'u', partitions: 1, configs: new Map(COMPACT) }).ok)
    for (let i = 0; i < 50; i++) table.produce([`k${i % 5}`, `${i}`])
    const value = 'x'.repeat(20_000)
    for (let i = 0; i < 60; i++) table.put(encodeKeyed([{ key: 'k', value }], (table.time += 20)), 'u')
    const partition = (name: string) => rig.topics.byName.get(name)!.partitions[0]!
    const { index } = partition('t')
    const position = index.position(index.find(20))
    assert.ok(rig.broker.store.locate(JOURNAL, position, 1) < 0)
    const flip = () => rig.disk.flip(journalFileName(Math.floor(position / 262_144)), (position % 262_144) + 65, 3)
    flip()
    table.clean()
    const left = partition('u').index.bytesBetween(0, 60)
    assert.ok(left < 100_000, `${left} bytes are left of the other`)
    assert.equal(partition('t').cleanedTo, 0)
    const told = rig.events.filter(({ kind }) => kind === 'damage' || kind === 'unreadable-records')
    assert.equal(told.length, 2)
    assert.ok(told.some((event) => event.kind === 'unreadable-records' && event.topic === 't'))
    table.clean()
    assert.equal(rig.events.filter(({ kind }) => kind === 'unreadable-records').length, 1)
    flip()
    rig.restart()
    new Compaction(rig.topics).start()
    table.clean()
    assert.ok(table.all().length < 10)
  })

  it('leaves the active segment, and what is younger than the lag, alone', () => {
    const table = new Table([...COMPACT, ['min.compaction.lag.ms', '3600000']])
    table.time = table.rig.clock.now()
    for (let i = 0; i < 10; i++) table.produce(['k', `${i}`])
    table.clean()
    assert.equal(table.all().length, 10)
    table.rig.run(3_700_000)
    // The idle connection has been ended.
    table.rig.client = table.rig.connect()
    assert.deepEqual(table.all(), [at(8, 'k', '8'), at(9, 'k', '9')])
  })

  it('waits until so much is dirty as its topic wants, or a record is too old', () => {
    const ratio: [string, string] = ['min.cleanable.dirty.ratio', '1']
    const table = new Table([...COMPACT, ratio])
    for (let i = 0; i < 10; i++) table.produce(['k', `${i}`])
    table.clean()
    assert.equal(table.all().length, 10)
    const late = new Table([...COMPACT, ratio, ['max.compaction.lag.ms', '1000'], ['segment.ms', '3600000']])
    late.time = late.rig.clock.now()
    for (let i = 0; i < 10; i++) late.produce(['k', `${i}`])
    late.clean()
    assert.equal(late.all().length, 10, 'the active segment is all of it')
    late.time += 2000
    late.produce(['k', 'later'])
    late.clean()
    assert.deepEqual(late.all(), [at(9, 'k', '9'), at(10, 'k', 'later')])
  })

  it('looks as often as is said at run time, from then on', () => {
    const table = new Table()
    for (let i = 0; i < 10; i++) table.produce(['k', `${i}`])
    table.rig.run(1000)
    assert.equal(table.all().length, 10)
    assert.ok(table.rig.topics.configs.set('broker', '', new Map([['log.cleaner.backoff.ms', '100']])))
    table.rig.run(500)
    assert.deepEqual(table.all(), [at(8, 'k', '8'), at(9, 'k', '9')])
  })

  it('keeps a tombstone for a while', () => {
    const table = new Table()
    table.produce(['a', '1'], ['b', '1'])
    table.produce(['a', null])
    table.produce(['z', '1'])
    table.clean()
    assert.deepEqual(table.all(), [at(1, 'b', '1'), at(2, 'a', null), at(3, 'z', '1')])
    table.rig.run(120_000)
    table.produce(['z', '2'])
    table.produce(['z', '3'])
    table.clean()
    assert.deepEqual(table.all(), [at(1, 'b', '1'), at(4, 'z', '2'), at(5, 'z', '3')])
  })

  it('takes no record without a key, and names those that have none', () => {
    const table = new Table()
    const refused = table.produce(['a', '1'], [null, '2'], [null, '3'])
    assert.equal(refused.errorCode, ErrorCode.INVALID_RECORD)
    assert.deepEqual(
      refused.recordErrors.map(({ batchIndex }) => batchIndex),
      [1, 2],
    )
    assert.equal(table.all().length, 0)
  })

  it('finds offsets by time in what is left', () => {
    const table = new Table()
    for (let i = 0; i < 10; i++) table.produce(['k', `${i}`], [`other-${i}`, null])
    table.clean()
    assert.equal(table.offsetAt(1021), 3)
    assert.equal(table.offsetAt(-3), 18)
  })
})

describe('a topic with a codec of its own', () => {
  it('packs what comes otherwise, in the order it came', () => {
    const table = new Table([['compression.type', 'gzip']])
    for (let i = 0; i < 5; i++) assert.equal(table.produce(['k', `${i}`.repeat(100)]).baseOffset, i)
    const bytes = table.fetch(0)
    assert.equal(bytes[22]! & 7, 1)
    const end = 12 + new DataView(bytes.buffer).getInt32(8)
    assert.ok(Buffer.from(gunzipSync(bytes.subarray(61, end))).includes('0'.repeat(100)))
    table.rig.restart()
    assert.equal(table.offsetAt(-1), 5)
  })

  it('unpacks where it is to be uncompressed', () => {
    const packer = new Table([['compression.type', 'gzip']])
    packer.produce(['k', 'x'.repeat(200)])
    const table = new Table([['compression.type', 'uncompressed']])
    assert.equal(table.put(packer.fetch(0)).errorCode, 0)
    assert.deepEqual(table.all(), [at(0, 'k', 'x'.repeat(200))])
  })
})

describe('a compacted topic with transactions', () => {
  const keyed = (rig: TransactionRig, time: number, records: readonly Keyed[], producer?: TransactionalProducer) => {
    const { id: producerId = -1, epoch: producerEpoch = -1 } = producer ?? {}
    const bytes = encodeKeyed(records, time, { producerId, producerEpoch, baseSequence: producer ? 0 : -1 })
    if (producer !== undefined) {
      bytes[22] = 16
      new DataView(bytes.buffer).setUint32(17, crc32c(bytes, 21, bytes.length))
    }
    const partitionData = [{ index: 0, records: { bytes, at: 0, length: bytes.length } }]
    const transactionalId = producer?.transactionalId ?? null
    const request = { transactionalId, acks: -1, timeoutMs: 1000, topicData: [{ name: 't', partitionData }] }
    const { errorCode } = rig.ask(ProduceRequest, ProduceResponse, 12, request).responses[0]!.partitionResponses[0]!
    assert.equal(errorCode, 0)
  }
  const valuesOf = (rig: TransactionRig, key: string) => {
    const { records } = rig.read(0, 0, 0)
    const found = decodeKeyed(records!.bytes.slice(records!.at, records!.at + records!.length)).records
    return found.filter((one) => one.key === key).map(({ value }) => value)
  }

  it('counts what was aborted for nothing, and leaves alone what may still be', () => {
    const rig = new TransactionRig(1)
    assert.ok(configureTopic(rig.topics, rig.topics.byName.get('t')!, new Map(COMPACT), false).ok)
    new Compaction(rig.topics).start()
    const producer = rig.producer('p')
    keyed(rig, 1000, [{ key: 'k', value: 'kept' }])
    keyed(rig, 1020, [{ key: 'k', value: 'aborted' }], producer)
    assert.equal(producer.end(false), 0)
    for (const time of [1040, 1060]) keyed(rig, time, [{ key: 'other', value: `${time}` }])
    rig.run(16_000)
    assert.deepEqual(valuesOf(rig, 'k'), ['kept'])
    keyed(rig, 1080, [{ key: 'k', value: 'open' }], producer)
    for (const time of [1100, 1120, 1140]) keyed(rig, time, [{ key: 'k', value: `${time}` }])
    rig.run(16_000)
    assert.deepEqual(valuesOf(rig, 'k'), ['kept', 'open', '1100', '1120', '1140'])
    assert.equal(producer.end(true), 0)
    for (const time of [1160, 1180]) keyed(rig, time, [{ key: 'other', value: `${time}` }])
    rig.run(16_000)
    assert.deepEqual(valuesOf(rig, 'k'), ['1140'])
  })

  it('forgets a transaction that was aborted when its marker has gone, so that nobody takes what follows for a part of it', () => {
    const rig = new TransactionRig(1)
    assert.ok(configureTopic(rig.topics, rig.topics.byName.get('t')!, new Map(COMPACT), false).ok)
    new Compaction(rig.topics).start()
    const producer = rig.producer('p')
    // The time of the simulation, by which markers are stamped.
    let now = 1_700_000_000_010
    keyed(rig, now, [{ key: 'k', value: 'aborted' }], producer)
    assert.equal(producer.end(false), 0)
    keyed(rig, now, [{ key: 'k', value: 'committed' }], producer)
    assert.equal(producer.end(true), 0)
    const aborted = () => rig.read(0).abortedTransactions!.length
    assert.equal(aborted(), 1)
    // Once the data go, then the marker gets a time, and then that is over.
    for (let n = 0; n < 4; n++) {
      rig.run(61_000)
      now += 61_000
      keyed(rig, now, [{ key: 'other', value: `${n}` }])
    }
    const { records } = rig.read(0)
    const first = new DataView(records!.bytes.buffer, records!.bytes.byteOffset).getBigInt64(records!.at)
    assert.equal(first, 2n, 'data and marker of the first transaction are gone')
    assert.deepEqual(valuesOf(rig, 'k'), ['committed'])
    assert.equal(aborted(), 0)
    rig.restart()
    assert.equal(aborted(), 0)
  })
})
