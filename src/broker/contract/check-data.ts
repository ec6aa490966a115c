import type { ContractCheck } from '../../core/queue/contract.ts'
import { type Frame, readFrame } from '../../core/schema/framing.ts'
import type { SchemaEntry } from '../../core/subject/subject.ts'
import type { Broker } from '../broker.ts'
import { framedSchema, isUnder } from './find-schema.ts'

/** Under which subject the schema of data has to be: always the same, or by the schema. */
export type SubjectOf = string | ((broker: Broker, entry: SchemaEntry) => string)

/** What is to be looked into: data, and the header that has the schema's id in place of their beginning, if there is one. */
export interface Data {
  bytes: Uint8Array
  at: number
  end: number
  /** -1 without a header. */
  headerAt: number
  headerEnd: number
}

/** What data came to. One object, filled anew by each check. */
export interface Checked {
  /** Why they break the contract, null if they do not. */
  problem: string | null
  /** The schema whose validator has to be made before that can be told. */
  missing: SchemaEntry | null
}

const checked: Checked = { problem: null, missing: null }

function told(problem: string | null): Checked {
  checked.problem = problem
  checked.missing = null
  return checked
}

/** Whether `bytes[at, end)` are data of a schema. */
export function checkBody(broker: Broker, schema: SchemaEntry, bytes: Uint8Array, at: number, end: number): Checked {
  const validator = broker.contracts.validators.known(schema)
  if (validator !== undefined) return told(validator(bytes, at, end))
  checked.problem = null
  checked.missing = schema
  return checked
}

/** Whether data begin with the id of a schema that is registered where it has to be; and are of that schema, if bodies count. */
export function checkFramed(broker: Broker, by: ContractCheck, subjectOf: SubjectOf, data: Data): Checked {
  const { bytes, at, end, headerAt } = data
  const inHeader = headerAt >= 0
  const frame = inHeader ? readFrame(bytes, headerAt, data.headerEnd) : readFrame(bytes, at, end)
  if (typeof frame === 'string') return told(frame)
  const dataAt = inHeader ? at : frame.dataAt
  const entry = framedSchema(broker, frame)
  if (entry === undefined) return told(`there is no schema with the ${nameOf(frame)}`)
  const subject = typeof subjectOf === 'string' ? subjectOf : subjectOf(broker, entry)
  if (!isUnder(broker, entry, subject))
    return told(`the schema with the ${nameOf(frame)} is not registered under '${subject}'`)
  return by === 'id' ? told(null) : checkBody(broker, entry, bytes, dataAt, end)
}

function nameOf({ id, guid }: Frame): string {
  return guid === '' ? `id ${id}` : `guid ${guid}`
}
