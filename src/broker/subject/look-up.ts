import type { SubjectName } from '../../core/subject/name.ts'
import { isRefused, REFUSALS, type RegistryRefusal } from '../../core/subject/refusals.ts'
import { findVersion } from '../../core/subject/register.ts'
import type { SchemaVersion } from '../../core/subject/subject.ts'
import type { Broker } from '../broker.ts'
import { findSubject } from './find.ts'
import { withDefaults } from './overlay.ts'
import { prepare, type SchemaGiven } from './prepare.ts'

/** The version under which a schema is registered with a subject. */
export function lookUp(
  broker: Broker,
  name: SubjectName,
  given: SchemaGiven,
  normalize: boolean | null,
  deleted: boolean,
): SchemaVersion | RegistryRefusal {
  const { registry } = broker.subjects
  const subject = findSubject(registry, name, deleted)
  if (isRefused(subject)) return subject
  const config = registry.settings.effectiveConfig(name)
  for (const one of [withDefaults(given, config), given]) {
    const prepared = prepare(broker, name, one, normalize ?? config.normalize ?? false)
    if (isRefused(prepared)) return prepared
    const found = findVersion(registry, name, prepared.content, deleted)
    if (found !== undefined) return found
  }
  return REFUSALS.schemaNotFound()
}

/** The newest version whose metadata have these properties. */
export function withMetadata(
  broker: Broker,
  name: SubjectName,
  wanted: readonly (readonly [key: string, value: string])[],
  deleted: boolean,
): SchemaVersion | RegistryRefusal {
  const subject = findSubject(broker.subjects.registry, name, deleted)
  if (isRefused(subject)) return subject
  const versions = deleted ? [...subject.all()] : subject.live()
  const found = versions
    .reverse()
    .find(({ entry }) => wanted.every(([key, value]) => entry.content.metadata?.properties?.[key] === value))
  return found ?? REFUSALS.schemaNotFound()
}
