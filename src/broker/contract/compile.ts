import type { MessageContract } from '../../core/queue/contract.ts'
import { AvroData } from '../../core/schema/avro/data.ts'
import { isRefused } from '../../core/subject/refusals.ts'
import type { SchemaEntry } from '../../core/subject/subject.ts'
import type { Broker } from '../broker.ts'
import { parsedOf, resolve } from '../subject/prepare.ts'
import { schemaOf } from './find-schema.ts'
import { type JsonCodeTask, jsonCode } from './json-code.ts'
import { jsonValidator } from './json-validator.ts'
import type { Validator } from './validators.ts'

const avro = new AvroData()

/** What looks into bodies of a schema, made at once: for who can't wait, and has waited before if it was to be known. */
export function compile(broker: Broker, entry: SchemaEntry): Validator {
  const { validators } = broker.contracts
  const known = validators.known(entry)
  if (known !== undefined) return known
  const begun = begin(broker, entry)
  const validator = typeof begun === 'function' ? begun : finish(entry, () => jsonCode(begun))
  validators.add(entry, validator)
  return validator
}

/** Makes it between turns, what takes long off the loop; then `done` is called. */
export function compileSoon(broker: Broker, entry: SchemaEntry, done: () => void = () => {}): void {
  const { validators } = broker.contracts
  const step = () => {
    const begun = validators.known(entry) ?? begin(broker, entry)
    if (typeof begun === 'function') {
      validators.add(entry, begun)
      done()
      return true
    }
    broker.env.compute.run(begun, (error, code) => {
      const whole = () => {
        if (error !== null) throw error
        return code as string
      }
      validators.add(entry, finish(entry, whole))
      done()
    })
    return true
  }
  broker.turn.start({ step })
}

/** A contract has come into force: what its messages will be checked by is made beforehand. */
export function prepareContract(broker: Broker, { subject, version, by }: MessageContract): void {
  broker.contracts.any = true
  if (by !== 'body') return
  broker.contracts.subjects.add(subject)
  const schema = schemaOf(broker, subject, version)
  if (typeof schema !== 'string') compileSoon(broker, schema)
}

/** A subject has a new version. */
export function prepareSubject(broker: Broker, subject: string): void {
  if (!broker.contracts.subjects.has(subject)) return
  const schema = schemaOf(broker, subject, 0)
  if (typeof schema !== 'string') compileSoon(broker, schema)
}

/** For Avro it is there at once, for JSON Schema there is a task. */
function begin(broker: Broker, entry: SchemaEntry): Validator | JsonCodeTask {
  const parsed = parsedOf(broker, entry)
  if (isRefused(parsed)) return unusable(entry, parsed.message)
  if (parsed.type === 'AVRO') return (bytes, at, end) => avro.check(parsed.root, bytes, at, end)
  const references = resolve(broker.subjects.registry, entry.context, entry.content.references)
  if (isRefused(references)) return unusable(entry, references.message)
  return { kind: 'json-code', schema: parsed.canonical, references }
}

function finish(entry: SchemaEntry, code: () => string): Validator {
  try {
    const validate = jsonValidator(code())
    return (bytes, at, end) => validate(Buffer.from(bytes.buffer, bytes.byteOffset + at, end - at).toString())
  } catch (error) {
    return unusable(entry, (error as Error).message)
  }
}

/** A schema by which no body can be checked lets none through: who asked for the check has to know. */
function unusable({ id }: SchemaEntry, why: string): Validator {
  return () => `schema ${id} can't be used to check bodies: ${why}`
}
