import type { SubjectFact } from './fact.ts'
import { isScope, type SubjectName } from './name.ts'
import { REFUSALS, type RegistryRefusal } from './refusals.ts'
import type { Registry } from './registry.ts'
import { EVERYTHING, type Mode, type SubjectConfig } from './settings.ts'

/** Changes the settings of a scope that are named, null taking one away; the others stay. */
export function decideConfig(
  registry: Registry,
  scope: SubjectName,
  change: { readonly [key in keyof SubjectConfig]: SubjectConfig[key] | null },
): SubjectFact | RegistryRefusal {
  if (!isScope(scope)) return REFUSALS.invalidSubject(scope.qualified)
  const { settings } = registry
  if (settings.effectiveMode(scope).startsWith('READONLY'))
    return REFUSALS.notPermitted(`${toldOf(scope)} is in read-only mode`)
  const config = { ...settings.config(scope), ...change }
  const kept = Object.entries(config).filter(([, value]) => value !== null && value !== undefined)
  return { kind: 'subject-config', subject: scope.qualified, config: Object.fromEntries(kept) as SubjectConfig }
}

/** The scope has no settings of its own any more. */
export function decideNoConfig(registry: Registry, scope: SubjectName): SubjectFact | RegistryRefusal {
  const own = registry.settings.config(scope)
  if (own === undefined && !isEverything(scope)) return REFUSALS.noOwnLevel(scope.qualified)
  return { kind: 'subject-config', subject: scope.qualified, config: null }
}

/** Ids may be brought along only to where there are none yet, unless it is forced. */
export function decideMode(
  registry: Registry,
  scope: SubjectName,
  mode: Mode,
  force: boolean,
): SubjectFact | RegistryRefusal {
  if (!isScope(scope)) return REFUSALS.invalidSubject(scope.qualified)
  const before = registry.settings.effectiveMode(scope)
  if (mode === 'IMPORT' && before !== 'IMPORT' && !force && hasSubjects(registry, scope))
    return REFUSALS.notPermitted('Cannot import since found existing subjects')
  return { kind: 'subject-mode', subject: scope.qualified, mode }
}

export function decideNoMode(registry: Registry, scope: SubjectName): SubjectFact | RegistryRefusal {
  const own = registry.settings.mode(scope)
  if (own === undefined && !isEverything(scope)) return REFUSALS.noOwnMode(scope.qualified)
  return { kind: 'subject-mode', subject: scope.qualified, mode: null }
}

function isEverything(scope: SubjectName): boolean {
  return scope.qualified === EVERYTHING.qualified
}

/** Soft-deleted ones do not count. */
function hasSubjects(registry: Registry, scope: SubjectName): boolean {
  if (scope.subject !== '') return (registry.subject(scope)?.liveCount ?? 0) > 0
  for (const { name, liveCount } of registry.subjects()) {
    if (liveCount > 0 && (isEverything(scope) || name.context === scope.context)) return true
  }
  return false
}

function toldOf(scope: SubjectName): string {
  return scope.subject === '' ? `Context ${scope.context}` : `Subject ${scope.subject} in context ${scope.context}`
}
