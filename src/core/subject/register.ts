import { guidOf, isSameSchema, type SchemaContent } from './content.ts'
import type { VersionFact } from './fact.ts'
import { isSubject, type SubjectName } from './name.ts'
import { REFUSALS, type RegistryRefusal } from './refusals.ts'
import type { Registry } from './registry.ts'
import type { SchemaVersion } from './subject.ts'

/** Versions that a subject may have, soft-deleted ones included. */
export const MOST_VERSIONS = 10_000
/** The highest id and version: clients keep them in 32 bits. */
export const HIGHEST = 2 ** 31 - 1

/** What somebody wants to register. */
export interface Registration {
  readonly name: SubjectName
  /** Chosen by the client; only where schemas are imported. */
  readonly id: number | null
  /** What the client expects it to become; null for what comes next. */
  readonly version: number | null
}

/** Whether the mode that holds for the subject allows it to be written at all, and in this way. */
export function checkMode(registry: Registry, { name, id }: Registration): RegistryRefusal | null {
  if (!isSubject(name)) return REFUSALS.invalidSubject(name.qualified)
  const mode = registry.settings.effectiveMode(name)
  const told = `Subject ${name.subject} in context ${name.context}`
  if (mode === 'READONLY' || mode === 'READONLY_OVERRIDE') return REFUSALS.notPermitted(`${told} is in read-only mode`)
  if (id !== null && mode !== 'IMPORT') return REFUSALS.notPermitted(`${told} is not in import mode`)
  if (id === null && mode === 'IMPORT')
    return REFUSALS.notPermitted(`${told} is in import mode: a schema has to come with its id`)
  return null
}

/**
 * The version under which that schema is registered there, the newest if there are some. One without metadata and rules is found with whatever
 * metadata it has; soft-deleted ones only where they are asked for.
 */
export function findVersion(
  registry: Registry,
  name: SubjectName,
  content: SchemaContent,
  deleted: boolean,
): SchemaVersion | undefined {
  const subject = registry.subject(name)
  if (subject === undefined) return undefined
  let found: SchemaVersion | undefined
  const guid = guidOf(content)
  const plain = content.metadata === null && content.ruleSet === null
  for (const version of subject.all()) {
    if (version.deleted && !deleted) continue
    const { entry } = version
    if (isSameSchema(entry.content, content) && (plain || entry.guid === guid)) found = version
  }
  return found
}

/** Decides about a schema that is not there yet: what it becomes, or why not. */
export function decideRegistration(
  registry: Registry,
  { name, id, version }: Registration,
  content: SchemaContent,
  time: number,
): VersionFact | RegistryRefusal {
  const subject = registry.subject(name)
  if (subject !== undefined && subject.size >= MOST_VERSIONS)
    return REFUSALS.notPermitted(`Subject ${name.subject} has ${MOST_VERSIONS} versions, and may have no more`)
  const next = (subject?.highest ?? 0) + 1
  if (id === null && version !== null && version !== next)
    return REFUSALS.invalidSchema(`version ${version} is not the next one of the subject, which is ${next}`)
  const guid = guidOf(content)
  const entry = id === null ? registry.byContent(name.context, guid, content) : registry.byId(name.context, id)
  if (id !== null && entry !== undefined && !(entry.guid === guid && isSameSchema(entry.content, content)))
    return REFUSALS.idTaken(id)
  const number = version ?? next
  const known = subject?.get(number)
  if (known !== undefined && known.entry.id !== id)
    return REFUSALS.notPermitted(`Version ${number} of subject ${name.subject} has the id ${known.entry.id} already`)
  const given = id ?? entry?.id ?? registry.lastId(name.context) + 1
  if (given > HIGHEST || number > HIGHEST) return REFUSALS.notPermitted('There are no more ids')
  return { kind: 'version', subject: name.qualified, version: number, id: given, guid, time, deleted: false, content }
}
