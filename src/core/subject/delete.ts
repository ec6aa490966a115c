import type { SubjectFact } from './fact.ts'
import type { SubjectName } from './name.ts'
import { REFUSALS, type RegistryRefusal } from './refusals.ts'
import type { Registry } from './registry.ts'
import type { SchemaVersion, Subject } from './subject.ts'

/** What goes, and the versions that are told of. */
export interface Deletion {
  readonly versions: readonly number[]
  readonly facts: readonly SubjectFact[]
}

/** Deletes a subject: softly first, and then for good. */
export function decideSubjectDeletion(
  registry: Registry,
  name: SubjectName,
  permanent: boolean,
): Deletion | RegistryRefusal {
  const subject = registry.subject(name)
  const refusal = checkWritable(registry, name)
  if (refusal !== null) return refusal
  if (subject === undefined) return REFUSALS.subjectNotFound(name.qualified)
  if (permanent && subject.liveCount > 0) return REFUSALS.subjectNotSoftDeleted(name.qualified)
  if (!permanent && subject.liveCount === 0) return REFUSALS.subjectSoftDeleted(name.qualified)
  const going = permanent ? [...subject.all()] : subject.live()
  for (const version of going) {
    if (isReferenced(registry, version)) return REFUSALS.referenced(name.qualified, version.version)
  }
  const versions = going.map(({ version }) => version)
  const fact: SubjectFact = { kind: permanent ? 'gone' : 'deleted', subject: name.qualified, versions }
  return { versions, facts: [fact, ...settingsGone(registry, name)] }
}

/** Deletes a version, softly first; a permanent deletion wants one that is soft-deleted. */
export function decideVersionDeletion(
  registry: Registry,
  version: SchemaVersion,
  subject: Subject,
  permanent: boolean,
): Deletion | RegistryRefusal {
  const { name } = subject
  const refusal = checkWritable(registry, name)
  if (refusal !== null) return refusal
  if (permanent && !version.deleted) return REFUSALS.versionNotSoftDeleted(name.qualified, version.version)
  if (!permanent && version.deleted) return REFUSALS.versionSoftDeleted(name.qualified, version.version)
  if (isReferenced(registry, version)) return REFUSALS.referenced(name.qualified, version.version)
  const versions = [version.version]
  const fact: SubjectFact = { kind: permanent ? 'gone' : 'deleted', subject: name.qualified, versions }
  const last = !permanent && subject.liveCount === 1
  return { versions, facts: last ? [fact, ...settingsGone(registry, name)] : [fact] }
}

function checkWritable(registry: Registry, name: SubjectName): RegistryRefusal | null {
  if (!registry.settings.effectiveMode(name).startsWith('READONLY')) return null
  return REFUSALS.notPermitted(`Subject ${name.subject} in context ${name.context} is in read-only mode`)
}

/** Soft-deleted schemas refer to nothing any more. */
function isReferenced(registry: Registry, version: SchemaVersion): boolean {
  return registry.referrers(version).some(({ deleted }) => !deleted)
}

/** A subject that nobody sees any more loses its settings. */
function settingsGone(registry: Registry, name: SubjectName): SubjectFact[] {
  const facts: SubjectFact[] = []
  if (registry.settings.config(name) !== undefined)
    facts.push({ kind: 'subject-config', subject: name.qualified, config: null })
  if (registry.settings.mode(name) !== undefined)
    facts.push({ kind: 'subject-mode', subject: name.qualified, mode: null })
  return facts
}
