import type { RecordReader } from '../../core/partition/record-reader.ts'
import type { SchemaEntry } from '../../core/subject/subject.ts'
import type { Broker } from '../broker.ts'
import { type Checked, checkBody, checkFramed, type Data, type SubjectOf } from './check-data.ts'
import { recordName, schemaOf } from './find-schema.ts'
import type { Strategy, TopicContract } from './topic-contract.ts'

/** Bytes of records that are looked into in one go. */
export const STEP_BYTES = 256 * 1024
/** Records named in a refusal, at most. */
const MOST_NAMED = 100

const KEY_ID = Buffer.from('__key_schema_id')
const VALUE_ID = Buffer.from('__value_schema_id')

/** A record that breaks the contract. */
export interface BrokenRecord {
  readonly index: number
  readonly why: string
}

/** Looks into the records of one batch, as many at a time as a step may take. */
export class RecordCheck {
  readonly broken: BrokenRecord[] = []
  /** How many break it. */
  count = 0
  /** The schema whose validator has to be made before it can go on. */
  missing: SchemaEntry | null = null
  private readonly broker: Broker
  private readonly contract: TopicContract
  private readonly records: RecordReader
  private readonly keySubject: string
  private readonly valueSubject: string
  private readonly key: SubjectOf
  private readonly value: SubjectOf
  private index = 0
  /** The record that `records` stands at has not been looked into. */
  private open = false
  private readonly data: Data

  constructor(broker: Broker, topic: string, contract: TopicContract, records: RecordReader) {
    this.broker = broker
    this.keySubject = `${topic}-key`
    this.valueSubject = `${topic}-value`
    this.contract = contract
    this.records = records
    this.key = subjectBy(topic, contract.key, 'key')
    this.value = subjectBy(topic, contract.value, 'value')
    this.data = { bytes: records.bytes, at: 0, end: 0, headerAt: -1, headerEnd: -1 }
  }

  /** Records that were looked into. */
  get looked(): number {
    return this.index
  }

  /** Goes on for a step; false if there is more to look into, or a validator is missing. What is no record is left to others to tell. */
  step(): boolean {
    const { records } = this
    this.missing = null
    const until = records.end + STEP_BYTES
    for (; this.open || records.next(); this.index += 1) {
      this.open = true
      const why = this.look()
      if (this.missing !== null) return false
      this.open = false
      if (why !== null) {
        this.count += 1
        if (this.broken.length < MOST_NAMED) this.broken.push({ index: this.index, why })
      }
      if (records.end >= until) {
        this.index += 1
        return false
      }
    }
    return true
  }

  /** Why the record breaks the contract. A record without key or value has none that could. */
  private look(): string | null {
    const { records, contract } = this
    if (contract.key !== null && records.keyLength >= 0) {
      const why = this.part('key', records.keyAt, records.keyAt + records.keyLength, this.key, KEY_ID)
      if (why !== null || this.missing !== null) return why
    }
    if (contract.value === null || records.valueLength < 0) return null
    return this.part('value', records.valueAt, records.valueAt + records.valueLength, this.value, VALUE_ID)
  }

  private part(what: 'key' | 'value', at: number, end: number, subjectOf: SubjectOf, header: Buffer): string | null {
    const { problem, missing } = this.check(what, at, end, subjectOf, header)
    this.missing = missing
    return problem === null ? null : `The ${what} of the record breaks the contract of the topic: ${problem}`
  }

  private check(what: 'key' | 'value', at: number, end: number, subjectOf: SubjectOf, header: Buffer): Checked {
    const { broker, contract, data } = this
    if (contract.by === 'body') {
      const schema = schemaOf(broker, what === 'key' ? this.keySubject : this.valueSubject, 0)
      if (typeof schema === 'string') return { problem: schema, missing: null }
      return checkBody(broker, schema, data.bytes, at, end)
    }
    data.at = at
    data.end = end
    data.headerAt = -1
    if (this.records.headers > 0) this.findHeader(header)
    return checkFramed(broker, contract.by, subjectOf, data)
  }

  /** Newer serializers write the id into a header, and leave the data as they are. */
  private findHeader(name: Buffer): void {
    const { records, data } = this
    const { bytes } = records
    let at = records.headersAt
    const varint = () => {
      let value = 0
      let factor = 1
      while (at < records.end) {
        const byte = bytes[at++]!
        value += (byte & 0x7f) * factor
        factor *= 128
        if (byte < 0x80) break
      }
      return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    }
    for (let left = records.headers; left > 0 && at < records.end; left -= 1) {
      const keyLength = varint()
      const keyAt = at
      at += Math.max(keyLength, 0)
      const length = varint()
      if (length < 0) continue
      if (at + length > records.end) return
      if (keyLength === name.length && name.equals(bytes.subarray(keyAt, keyAt + keyLength))) {
        data.headerAt = at
        data.headerEnd = at + length
        return
      }
      at += length
    }
  }
}

function subjectBy(topic: string, strategy: Strategy | null, what: 'key' | 'value'): SubjectOf {
  if (strategy === 'RecordNameStrategy') return recordName
  if (strategy === 'TopicRecordNameStrategy') return (broker, entry) => `${topic}-${recordName(broker, entry)}`
  return `${topic}-${what}`
}
