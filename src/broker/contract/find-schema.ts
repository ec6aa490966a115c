import type { Frame } from '../../core/schema/framing.ts'
import { DEFAULT_CONTEXT, readName } from '../../core/subject/name.ts'
import { isRefused } from '../../core/subject/refusals.ts'
import type { SchemaEntry } from '../../core/subject/subject.ts'
import type { Broker } from '../broker.ts'
import { aliased, findVersionOf } from '../subject/find.ts'
import { parsedOf } from '../subject/prepare.ts'

/** The subject's schema: its newest, or the version that is asked for. A text says why there is none. */
export function schemaOf(broker: Broker, subject: string, version: number): SchemaEntry | string {
  const { schemas } = broker.contracts.answers.at(broker.subjects.position)
  const key = version === 0 ? subject : `${version} ${subject}`
  let answer = schemas.get(key)
  if (answer === undefined) {
    const { registry } = broker.subjects
    const name = aliased(registry, readName(subject))
    const found = findVersionOf(registry, name, version === 0 ? 'latest' : version, false)
    answer = isRefused(found) ? found.message : found.entry
    schemas.set(key, answer)
  }
  return answer
}

/** The schema that data say they are of. */
export function framedSchema(broker: Broker, { id, guid }: Frame): SchemaEntry | undefined {
  const { registry } = broker.subjects
  return guid === '' ? registry.byId(DEFAULT_CONTEXT, id) : registry.byGuid(guid)[0]
}

/** Whether a schema is registered under a subject. Soft-deleted versions are still there for who has the id. */
export function isUnder(broker: Broker, entry: SchemaEntry, subject: string): boolean {
  const answers = broker.contracts.answers.at(broker.subjects.position)
  if (answers.entry !== entry || answers.subject !== subject) {
    const { qualified } = aliased(broker.subjects.registry, readName(subject))
    answers.entry = entry
    answers.subject = subject
    answers.isUnder = entry.places.some((place) => place.subject.qualified === qualified)
  }
  return answers.isUnder
}

/** The name that a schema gives its data: what the record name strategies go by. */
export function recordName(broker: Broker, entry: SchemaEntry): string {
  const parsed = parsedOf(broker, entry)
  return isRefused(parsed) ? '' : (parsed.name ?? '')
}
