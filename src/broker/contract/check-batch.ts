import { batchSize, compression } from '../../core/partition/batch.ts'
import { RecordReader } from '../../core/partition/record-reader.ts'
import { recordsOf } from '../../core/partition/records.ts'
import { Codec } from '../../wire/kafka/compression/codec.ts'
import type { Topic } from '../topic/topic.ts'
import type { Topics } from '../topic/topics.ts'
import { workOn } from '../topic/work.ts'
import { type BrokenRecord, RecordCheck, STEP_BYTES } from './check-records.ts'
import { compile, compileSoon } from './compile.ts'
import { noteBroken } from './tell.ts'
import type { TopicContract } from './topic-contract.ts'

/** What contracts say of a batch: the records for which it is refused, none if it is taken. */
export interface CheckedBatch {
  readonly refused: readonly BrokenRecord[]
  /** How many there are: not all may be named. */
  readonly count: number
  /** What is in it can't be read. */
  readonly unreadable: boolean
}

const FITS: CheckedBatch = { refused: [], count: 0, unreadable: false }
const UNREADABLE: CheckedBatch = { refused: [], count: 0, unreadable: true }

/**
 * Asks a topic's contract about a batch, of which `checkAppend` said that it is whole. A packed one is unpacked off the loop, a large one looked
 * into in steps, and validators are made between turns: then null is returned, and `done` called later.
 */
export function checkBatch(
  topics: Topics,
  topic: Topic,
  contract: TopicContract,
  bytes: Uint8Array,
  at: number,
  length: number,
  done: (error: Error | null, checked: CheckedBatch) => void,
): CheckedBatch | null {
  const { broker } = topics
  const begin = (records: RecordReader) => new RecordCheck(broker, topic.name, contract, records)
  if (compression(bytes, at) !== Codec.none) {
    workOn(broker.env.compute, { kind: 'unpack', bytes: bytes.slice(at, at + length) }, (error, records) => {
      if (error !== null || records === null) done(error, UNREADABLE)
      else goOn(topics, topic, contract, begin(new RecordReader(records, 0, records.length)), done)
    })
    return null
  }
  if (batchSize(bytes, at) <= STEP_BYTES) {
    const check = begin(recordsOf(bytes, at)!)
    if (check.step()) return outcome(topics, topic, contract, check)
  }
  goOn(topics, topic, contract, begin(recordsOf(bytes.slice(at, at + length), 0)!), done)
  return null
}

/** The same at once, for a plain batch that is a whole array: who calls has all the time that it takes. */
export function checkNow(topics: Topics, topic: Topic, contract: TopicContract, bytes: Uint8Array): CheckedBatch {
  const check = new RecordCheck(topics.broker, topic.name, contract, recordsOf(bytes, 0)!)
  while (!check.step()) if (check.missing !== null) compile(topics.broker, check.missing)
  return outcome(topics, topic, contract, check)
}

/** A step between each two turns. */
function goOn(
  topics: Topics,
  topic: Topic,
  contract: TopicContract,
  check: RecordCheck,
  done: (error: null, checked: CheckedBatch) => void,
): void {
  const { broker } = topics
  const step = () => {
    if (check.step()) {
      done(null, outcome(topics, topic, contract, check))
      return true
    }
    if (check.missing === null) return false
    compileSoon(broker, check.missing, () => broker.turn.start({ step }))
    return true
  }
  broker.turn.start({ step })
}

function outcome({ broker }: Topics, topic: Topic, contract: TopicContract, check: RecordCheck): CheckedBatch {
  const { broken, count, looked } = check
  const tally = broker.contracts.tally(topic)
  tally.checked += looked
  if (count === 0) return FITS
  if (contract.refuses) tally.refused += count
  else tally.warned += count
  noteBroken(broker, tally, 'topic', topic.name, '', broken[0]!.why)
  return contract.refuses ? { refused: broken, count, unreadable: false } : FITS
}
