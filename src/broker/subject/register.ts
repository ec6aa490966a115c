import type { SubjectName } from '../../core/subject/name.ts'
import { isRefused, REFUSALS, type RegistryRefusal } from '../../core/subject/refusals.ts'
import { checkMode, decideRegistration, findVersion, type Registration } from '../../core/subject/register.ts'
import type { SubjectConfig } from '../../core/subject/settings.ts'
import type { SchemaVersion } from '../../core/subject/subject.ts'
import type { Broker } from '../broker.ts'
import { compareInSteps, describeVerdict, versionsToCompare } from './compatibility.ts'
import { answer, decideSubjects } from './facts.ts'
import { withDefaults } from './overlay.ts'
import { type Prepared, prepare, type SchemaGiven } from './prepare.ts'

type Done = (outcome: SchemaVersion | RegistryRefusal) => void

/** Registers a schema, or finds it registered: `done` is called when that is on the disk. */
export function register(
  broker: Broker,
  wanted: Registration,
  given: SchemaGiven,
  normalize: boolean | null,
  done: Done,
): void {
  const { registry } = broker.subjects
  const config = registry.settings.effectiveConfig(wanted.name)
  const refusal = checkMode(registry, wanted)
  const prepared =
    refusal ?? prepare(broker, wanted.name, withDefaults(given, config), normalize ?? config.normalize ?? false)
  if (isRefused(prepared)) {
    answer(broker, prepared, done)
    return
  }
  attempt(broker, wanted, prepared, done)
}

/** Compares and then decides; should the subject be another one by then, once more. */
function attempt(broker: Broker, wanted: Registration, prepared: Prepared, done: Done): void {
  const { registry } = broker.subjects
  const { name } = wanted
  const known = wanted.id === null ? findVersion(registry, name, prepared.content, false) : undefined
  if (known !== undefined) {
    answer(broker, known, done)
    return
  }
  const importing = wanted.id !== null
  const basis = basisOf(broker, name, prepared)
  const config = registry.settings.effectiveConfig(name)
  const versions = importing ? [] : versionsToCompare(broker, name, prepared)
  compareInSteps(broker, config, prepared, versions, (verdict) => {
    if (isRefused(verdict)) answer(broker, verdict, done)
    else if (verdict.incompatibilities.length > 0)
      answer(broker, REFUSALS.incompatible(name.qualified, describeVerdict(verdict, config)), done)
    else commit(broker, wanted, prepared, importing ? null : basis, done)
  })
}

function commit(broker: Broker, wanted: Registration, prepared: Prepared, basis: string | null, done: Done): void {
  const { registry } = broker.subjects
  const { name } = wanted
  let again = false
  decideSubjects(
    broker,
    () => {
      // While it was compared, or waited for room, others went on.
      again = basis !== null && basis !== basisOf(broker, name, prepared)
      if (again) return { facts: [], result: null }
      const refusal = checkMode(registry, wanted)
      if (refusal !== null) return refusal
      const fact = decideRegistration(registry, wanted, prepared.content, broker.env.clock.now())
      return isRefused(fact) ? fact : { facts: [fact], result: fact.version }
    },
    (version) => {
      if (isRefused(version)) done(version)
      else if (again || version === null) attempt(broker, wanted, prepared, done)
      else answer(broker, registry.subject(name)?.get(version) ?? REFUSALS.versionNotFound(version), done)
    },
  )
}

/** What a comparison rests on. */
function basisOf(broker: Broker, name: SubjectName, prepared: Prepared): string {
  const { registry } = broker.subjects
  const config: SubjectConfig = registry.settings.effectiveConfig(name)
  const versions = versionsToCompare(broker, name, prepared).map(({ version, entry }) => `${version}:${entry.id}`)
  const known = findVersion(registry, name, prepared.content, false)?.version ?? 0
  return `${config.compatibilityLevel} ${config.compatibilityPolicy} ${known} ${versions.join()}`
}
