import { type Deletion, decideSubjectDeletion, decideVersionDeletion } from '../../core/subject/delete.ts'
import type { SubjectName } from '../../core/subject/name.ts'
import { isRefused, REFUSALS, type RegistryRefusal } from '../../core/subject/refusals.ts'
import type { Broker } from '../broker.ts'
import { type Decision, decideSubjects } from './facts.ts'
import { findSubject } from './find.ts'

type Removed = readonly number[]

/** Deletes a subject with all its versions: softly, or for good those that are soft-deleted. Tells their numbers. */
export function removeSubject(
  broker: Broker,
  name: SubjectName,
  permanent: boolean,
  done: (outcome: Removed | RegistryRefusal) => void,
): void {
  decideSubjects(broker, () => asDecision(decideSubjectDeletion(broker.subjects.registry, name, permanent)), done)
}

/** Deletes one version. */
export function removeVersion(
  broker: Broker,
  name: SubjectName,
  version: number | 'latest',
  permanent: boolean,
  done: (outcome: Removed | RegistryRefusal) => void,
): void {
  const { registry } = broker.subjects
  decideSubjects(
    broker,
    () => {
      const subject = findSubject(registry, name, true)
      if (isRefused(subject)) return subject
      const latest = permanent ? subject.get(subject.highest) : subject.latest()
      const found = version === 'latest' ? latest : subject.get(version)
      if (found === undefined) return REFUSALS.versionNotFound(version)
      return asDecision(decideVersionDeletion(registry, found, subject, permanent))
    },
    done,
  )
}

function asDecision(deletion: Deletion | RegistryRefusal): Decision<Removed> | RegistryRefusal {
  return isRefused(deletion) ? deletion : { facts: deletion.facts, result: deletion.versions }
}
