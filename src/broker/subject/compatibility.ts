import { describeIncompatibility, type Incompatibility } from '../../core/schema/incompatibility.ts'
import { checkCompatibility } from '../../core/schema/level.ts'
import type { SubjectName } from '../../core/subject/name.ts'
import { isRefused, type RegistryRefusal } from '../../core/subject/refusals.ts'
import type { Level, SubjectConfig } from '../../core/subject/settings.ts'
import type { SchemaVersion } from '../../core/subject/subject.ts'
import type { Broker } from '../broker.ts'
import { type Prepared, parsedOf } from './prepare.ts'

/** What a comparison found: empty if the schema fits. */
export interface Verdict {
  readonly level: Level
  readonly against: SchemaVersion | null
  readonly incompatibilities: readonly Incompatibility[]
}

/** The versions that a new schema of the subject is compared with, the newest first. */
export function versionsToCompare(broker: Broker, name: SubjectName, { content }: Prepared): SchemaVersion[] {
  const { registry } = broker.subjects
  const { compatibilityLevel = 'BACKWARD', compatibilityGroup: group } = registry.settings.effectiveConfig(name)
  const subject = registry.subject(name)
  if (subject === undefined || compatibilityLevel === 'NONE') return []
  if (group === undefined && !compatibilityLevel.endsWith('_TRANSITIVE')) {
    const latest = subject.latest()
    return latest === undefined ? [] : [latest]
  }
  const value = group === undefined ? undefined : content.metadata?.properties?.[group]
  const live = subject.live().reverse()
  const same =
    group === undefined ? live : live.filter(({ entry }) => entry.content.metadata?.properties?.[group] === value)
  return compatibilityLevel.endsWith('_TRANSITIVE') ? same : same.slice(0, 1)
}

/**
 * Compares a schema with others, one in a turn, and tells the first that it does not fit with. `done` is called in a later turn, or at once if there is
 * nothing to compare.
 */
export function compareInSteps(
  broker: Broker,
  config: SubjectConfig,
  prepared: Prepared,
  versions: readonly SchemaVersion[],
  done: (verdict: Verdict | RegistryRefusal) => void,
): void {
  const level = config.compatibilityLevel ?? 'BACKWARD'
  const fits: Verdict = { level, against: null, incompatibilities: [] }
  if (versions.length === 0 || level === 'NONE') {
    done(fits)
    return
  }
  let at = 0
  const step = (): boolean => {
    const against = versions[at++]!
    const older = parsedOf(broker, against.entry)
    if (isRefused(older)) {
      done(older)
      return true
    }
    const { incompatibilities } = checkCompatibility(level, prepared.parsed, [older], config.compatibilityPolicy)
    if (incompatibilities.length > 0) done({ level, against, incompatibilities })
    else if (at < versions.length) return false
    else done(fits)
    return true
  }
  broker.turn.start({ step })
}

/** A verdict in the lines that Confluent's registry gives. */
export function describeVerdict({ level, against, incompatibilities }: Verdict, config: SubjectConfig): string[] {
  if (against === null) return []
  return [
    ...incompatibilities.map(describeIncompatibility),
    `{oldSchemaVersion: ${against.version}}`,
    `{oldSchema: '${against.entry.content.schema}'}`,
    `{validateFields: '${config.validateFields ?? false}', compatibility: '${level}'}`,
  ]
}
