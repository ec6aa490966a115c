import { readName, type SubjectName } from '../../core/subject/name.ts'
import { isRefused, REFUSALS, type RegistryRefusal } from '../../core/subject/refusals.ts'
import type { Registry } from '../../core/subject/registry.ts'
import type { SchemaVersion, Subject } from '../../core/subject/subject.ts'

/** The subject that a name means: that of its alias, if it has one. */
export function aliased(registry: Registry, name: SubjectName): SubjectName {
  const alias = registry.settings.config(name)?.alias
  return alias === undefined ? name : readName(alias)
}

/** The subject; one whose versions are all soft-deleted only for who asks for those. */
export function findSubject(registry: Registry, name: SubjectName, deleted: boolean): Subject | RegistryRefusal {
  const subject = registry.subject(name)
  if (subject === undefined || (!deleted && subject.liveCount === 0)) return REFUSALS.subjectNotFound(name.qualified)
  return subject
}

/** A version of a subject by its number, or the newest. */
export function findVersionOf(
  registry: Registry,
  name: SubjectName,
  version: number | 'latest',
  deleted: boolean,
): SchemaVersion | RegistryRefusal {
  const subject = findSubject(registry, name, deleted)
  if (isRefused(subject)) return subject
  const newest = deleted ? subject.get(subject.highest) : subject.latest()
  const found = version === 'latest' ? newest : subject.get(version)
  return found === undefined || (found.deleted && !deleted) ? REFUSALS.versionNotFound(version) : found
}
