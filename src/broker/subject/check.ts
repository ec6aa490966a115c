import type { SubjectName } from '../../core/subject/name.ts'
import { isRefused, REFUSALS, type RegistryRefusal } from '../../core/subject/refusals.ts'
import type { SchemaVersion } from '../../core/subject/subject.ts'
import type { Broker } from '../broker.ts'
import { compareInSteps, describeVerdict, versionsToCompare } from './compatibility.ts'
import { answer } from './facts.ts'
import { findVersionOf } from './find.ts'
import { withDefaults } from './overlay.ts'
import { type Prepared, prepare, type SchemaGiven } from './prepare.ts'

/** Gets what is wrong, in lines; nothing if the schema fits. */
type Done = (messages: readonly string[] | RegistryRefusal) => void

/** Whether a schema may follow those that the subject has, as its level says. */
export function checkAll(
  broker: Broker,
  name: SubjectName,
  given: SchemaGiven,
  normalize: boolean | null,
  done: Done,
): void {
  check(broker, name, given, normalize, (prepared) => versionsToCompare(broker, name, prepared), done)
}

/** Whether it may follow one version, by the subject's level. One of a subject that is not there follows nothing. */
export function checkVersion(
  broker: Broker,
  name: SubjectName,
  version: number | 'latest',
  given: SchemaGiven,
  normalize: boolean | null,
  done: Done,
): void {
  const found = findVersionOf(broker.subjects.registry, name, version, false)
  if (!isRefused(found)) check(broker, name, given, normalize, () => [found], done)
  else if (version === 'latest') check(broker, name, given, normalize, () => [], done)
  else answer(broker, REFUSALS.versionNotFound(version), done)
}

function check(
  broker: Broker,
  name: SubjectName,
  given: SchemaGiven,
  normalize: boolean | null,
  against: (prepared: Prepared) => readonly SchemaVersion[],
  done: Done,
): void {
  const config = broker.subjects.registry.settings.effectiveConfig(name)
  const prepared = prepare(broker, name, withDefaults(given, config), normalize ?? config.normalize ?? false)
  if (isRefused(prepared)) {
    answer(broker, prepared, done)
    return
  }
  compareInSteps(broker, config, prepared, against(prepared), (verdict) =>
    answer(broker, isRefused(verdict) ? verdict : describeVerdict(verdict, config), done),
  )
}
