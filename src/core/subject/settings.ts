import type { Metadata, RuleSet } from './content.ts'
import { DEFAULT_CONTEXT, GLOBAL_CONTEXT, nameIn, type SubjectName } from './name.ts'

export const LEVELS = [
  'NONE',
  'BACKWARD',
  'BACKWARD_TRANSITIVE',
  'FORWARD',
  'FORWARD_TRANSITIVE',
  'FULL',
  'FULL_TRANSITIVE',
] as const
export type Level = (typeof LEVELS)[number]

export const MODES = ['READWRITE', 'READONLY', 'READONLY_OVERRIDE', 'IMPORT'] as const
export type Mode = (typeof MODES)[number]

export const POLICIES = ['STRICT', 'LENIENT'] as const
export type Policy = (typeof POLICIES)[number]

/** What may be set for a subject, a context or all; what is not there is as the next wider scope has it. */
export interface SubjectConfig {
  /** The subject that is meant where this one is named. */
  readonly alias?: string
  readonly normalize?: boolean
  readonly validateFields?: boolean
  readonly validateRules?: boolean
  readonly compatibilityLevel?: Level
  readonly compatibilityPolicy?: Policy
  /** The property of the metadata whose value says which versions are compared. */
  readonly compatibilityGroup?: string
  readonly defaultMetadata?: Metadata
  readonly overrideMetadata?: Metadata
  readonly defaultRuleSet?: RuleSet
  readonly overrideRuleSet?: RuleSet
}

const DEFAULT_CONFIG: SubjectConfig = { compatibilityLevel: 'BACKWARD' }
const DEFAULT_MODE: Mode = 'READWRITE'

/** The scope of all contexts. */
export const EVERYTHING = nameIn(GLOBAL_CONTEXT, '')

/** The scope that a name stands for: no name, that of the default context and that of the global one are everything. */
export function scopeOf(name: SubjectName): SubjectName {
  const all = name.subject === '' && (name.context === DEFAULT_CONTEXT || name.context === GLOBAL_CONTEXT)
  return all ? EVERYTHING : name
}

/** Levels and modes by scope: that of a subject goes over that of its context, and that over the one of everything. */
export class SubjectSettings {
  private readonly configs = new Map<string, SubjectConfig>()
  private readonly modes = new Map<string, Mode>()

  config(scope: SubjectName): SubjectConfig | undefined {
    return this.configs.get(scope.qualified)
  }

  mode(scope: SubjectName): Mode | undefined {
    return this.modes.get(scope.qualified)
  }

  /** What holds for a scope, whoever said it. */
  effectiveConfig(scope: SubjectName): SubjectConfig {
    let config: SubjectConfig = DEFAULT_CONFIG
    for (const wider of widening(scope).reverse()) config = { ...config, ...this.configs.get(wider) }
    return config
  }

  effectiveMode(scope: SubjectName): Mode {
    // Whoever stops everything stops those that say otherwise as well.
    if (this.modes.get(EVERYTHING.qualified) === 'READONLY_OVERRIDE') return 'READONLY_OVERRIDE'
    for (const wider of widening(scope)) {
      const mode = this.modes.get(wider)
      if (mode !== undefined) return mode
    }
    return DEFAULT_MODE
  }

  setConfig(qualified: string, config: SubjectConfig | null): void {
    if (config === null) this.configs.delete(qualified)
    else this.configs.set(qualified, config)
  }

  setMode(qualified: string, mode: Mode | null): void {
    if (mode === null) this.modes.delete(qualified)
    else this.modes.set(qualified, mode)
  }

  allConfigs(): IterableIterator<[string, SubjectConfig]> {
    return this.configs.entries()
  }

  allModes(): IterableIterator<[string, Mode]> {
    return this.modes.entries()
  }
}

function widening(scope: SubjectName): string[] {
  const scopes = [scope.qualified]
  if (scope.subject !== '') scopes.push(nameIn(scope.context, '').qualified)
  if (!scopes.includes(EVERYTHING.qualified)) scopes.push(EVERYTHING.qualified)
  return scopes
}
