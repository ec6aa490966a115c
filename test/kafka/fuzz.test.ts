import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Dice } from '../../sim/random.ts'
import { createTopic } from '../../src/broker/topic/create.ts'
import { APIS } from '../../src/kafka/apis.ts'
import { encode, requestHeaderVersion } from '../../src/wire/kafka/codec.ts'
import { RequestHeader } from '../../src/wire/kafka/messages/header.ts'
import { type Field, type Fields, type FieldType, type Message, within } from '../../src/wire/kafka/schema.ts'
import { Writer } from '../../src/wire/kafka/writer.ts'
import { batch, KafkaRig } from './rig.ts'

/** Values that are at the edges of what a field may hold, or mean something to somebody. */
const NUMBERS = [0, 0, 1, 1, 2, 3, 5, -1, -2, -3, -4, 100, 127, -128, 1000]
const WIDE = [...NUMBERS, 32767, -32768, 0x7fffffff, -0x80000000]
const WIDEST = [...WIDE, 2 ** 40, Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER, Date.now()]
const NAMES = [
  't',
  't',
  't',
  'u',
  '',
  'g',
  'g',
  'consumer',
  'range',
  '../..',
  '__proto__',
  'constructor',
  '1',
  'ü'.repeat(300),
]

class Fuzz {
  private readonly dice: Dice
  private readonly ids: readonly string[]

  constructor(seed: number, ids: readonly string[]) {
    this.dice = new Dice(seed)
    this.ids = ids
  }

  struct(fields: Fields, version: number): Record<string, unknown> {
    const value: Record<string, unknown> = {}
    for (const name in fields) {
      if (within(fields[name]!.versions, version)) value[name] = this.field(fields[name]!, version)
    }
    return value
  }

  private field(field: Field, version: number): unknown {
    if (within(field.nullable, version) && this.dice.chance(0.2)) return null
    if (field.type === 'struct') return this.struct(field.fields!, version)
    if (field.type !== 'array') return this.primitive(field.type)
    return Array.from({ length: this.dice.below(4) }, () =>
      field.fields === null ? this.primitive(field.element!) : this.struct(field.fields, version),
    )
  }

  private primitive(type: FieldType): unknown {
    const { dice } = this
    if (type === 'bool') return dice.chance(0.5)
    if (type === 'string') return dice.pick(NAMES)
    if (type === 'uuid') return dice.pick(this.ids)
    if (type === 'wide64') return BigInt(dice.pick(WIDEST))
    if (type === 'int64' || type === 'float64') return dice.pick(WIDEST)
    if (type === 'int8' || type === 'int16') return dice.pick(NUMBERS)
    if (type === 'bytes') return Uint8Array.from({ length: dice.below(50) }, () => dice.below(256))
    if (type !== 'records') return dice.pick(WIDE)
    const records = batch([1, 2], { producerId: dice.pick([-1, 5]), producerEpoch: 0, baseSequence: dice.below(4) })
    if (dice.chance(0.3)) records.bytes[dice.below(records.length)] = dice.below(256)
    return records
  }
}

function framed(message: Message, version: number, value: Record<string, unknown>): Uint8Array {
  const writer = new Writer()
  writer.int32(0)
  const header = { requestApiKey: message.key, requestApiVersion: version, correlationId: 1, clientId: 'fuzz' }
  encode(RequestHeader, requestHeaderVersion(message, version), writer, header)
  encode(message, version, writer, value)
  writer.patchInt32(0, writer.length - 4)
  return writer.joined()
}

describe('whatever a client sends', () => {
  for (const api of APIS) {
    it(`in ${api.name} harms its own connection at most`, () => {
      const rig = new KafkaRig({ maxPartitions: 200 })
      rig.run(5)
      const created = createTopic(rig.topics, { name: 't', partitions: 2, configs: new Map() })
      assert.ok(created.ok)
      const fuzz = new Fuzz(api.key, [created.topic!.id, 'AAAAAAAAAAAAAAAAAAAAAA', 'AAAAAAAAAAAAAAAAAAAAAQ'])
      const dice = new Dice(api.key)
      for (let version = api.served.from; version <= api.served.to; version++) {
        for (let round = 0; round < 12; round++) {
          const bytes = framed(api.request, version, fuzz.struct(api.request.fields, version))
          if (round % 3 === 2) bytes[4 + dice.below(bytes.length - 4)] = dice.below(256)
          const wire = rig.wire()
          wire.send(bytes)
          rig.run(20)
          if (wire.open) wire.reset()
          rig.run(5)
        }
      }
      // The broker lives and serves.
      rig.run(2000)
      assert.ok(rig.connect().open)
    })
  }
})
