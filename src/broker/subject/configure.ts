import { decideConfig, decideMode, decideNoConfig, decideNoMode } from '../../core/subject/configure.ts'
import type { SubjectFact } from '../../core/subject/fact.ts'
import type { SubjectName } from '../../core/subject/name.ts'
import { isRefused, type RegistryRefusal } from '../../core/subject/refusals.ts'
import type { Mode, SubjectConfig } from '../../core/subject/settings.ts'
import type { Broker } from '../broker.ts'
import { decideSubjects } from './facts.ts'

/** Changes what holds for a subject, a context or everything. */
export function configure(
  broker: Broker,
  scope: SubjectName,
  change: Parameters<typeof decideConfig>[2],
  done: (outcome: null | RegistryRefusal) => void,
): void {
  commit(broker, () => decideConfig(broker.subjects.registry, scope, change), null, done)
}

/** Takes away what was set; tells what that was. */
export function unconfigure(
  broker: Broker,
  scope: SubjectName,
  done: (outcome: SubjectConfig | RegistryRefusal) => void,
): void {
  const { registry } = broker.subjects
  const before = registry.settings.config(scope) ?? registry.settings.effectiveConfig(scope)
  commit(broker, () => decideNoConfig(registry, scope), before, done)
}

/** Changes who may write what; `force` also where ids that are brought along may clash with those that are there. */
export function setMode(
  broker: Broker,
  scope: SubjectName,
  mode: Mode,
  force: boolean,
  done: (outcome: null | RegistryRefusal) => void,
): void {
  commit(broker, () => decideMode(broker.subjects.registry, scope, mode, force), null, done)
}

export function unsetMode(broker: Broker, scope: SubjectName, done: (outcome: Mode | RegistryRefusal) => void): void {
  const { registry } = broker.subjects
  const before = registry.settings.mode(scope) ?? registry.settings.effectiveMode(scope)
  commit(broker, () => decideNoMode(registry, scope), before, done)
}

function commit<T>(
  broker: Broker,
  decide: () => SubjectFact | RegistryRefusal,
  result: T,
  done: (outcome: T | RegistryRefusal) => void,
): void {
  decideSubjects(
    broker,
    () => {
      const fact = decide()
      return isRefused(fact) ? fact : { facts: [fact], result }
    },
    done,
  )
}
