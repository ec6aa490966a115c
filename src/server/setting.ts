/** How a setting is written in a configuration file, an environment variable or a flag, and what it may be. */
export type SettingType = 'string' | 'boolean' | 'integer' | 'bytes' | 'duration' | 'choice'

export interface Setting {
  readonly key: string
  readonly type: SettingType
  readonly default: string | number | boolean
  /** For 'choice'. */
  readonly values?: readonly string[]
  /** Smallest value, for numbers. */
  readonly min?: number
  readonly max?: number
  readonly about: string
}
