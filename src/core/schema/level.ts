import type { Incompatibility } from './incompatibility.ts'
import { type CompatibilityPolicy, compareSchemas, type ParsedSchema } from './schema.ts'

export const LEVELS = [
  'NONE',
  'BACKWARD',
  'BACKWARD_TRANSITIVE',
  'FORWARD',
  'FORWARD_TRANSITIVE',
  'FULL',
  'FULL_TRANSITIVE',
] as const
export type CompatibilityLevel = (typeof LEVELS)[number]

/** What a comparison with the versions of a subject says. */
export interface Verdict {
  readonly compatible: boolean
  /** Which of the older versions does not fit, as an index; -1 if all do. */
  readonly against: number
  readonly incompatibilities: readonly Incompatibility[]
}

const FITS: Verdict = { compatible: true, against: -1, incompatibilities: [] }

/**
 * Whether a schema may follow those that a subject has. Backward: who has the new one reads what the older one wrote. Forward: who has the older one
 * reads what the new one writes. Full: both. Transitive: not the last version alone but each. The newest that does not fit is told.
 */
export function checkCompatibility(
  level: CompatibilityLevel,
  schema: ParsedSchema,
  olderVersionsOldestFirst: readonly ParsedSchema[],
  policy: CompatibilityPolicy = 'STRICT',
): Verdict {
  const last = olderVersionsOldestFirst.length - 1
  if (level === 'NONE' || last < 0) return FITS
  const first = level.endsWith('_TRANSITIVE') ? 0 : last
  for (let index = last; index >= first; index -= 1) {
    const incompatibilities = compareAt(level, schema, olderVersionsOldestFirst[index], policy)
    if (incompatibilities.length > 0) return { compatible: false, against: index, incompatibilities }
  }
  return FITS
}

function compareAt(
  level: CompatibilityLevel,
  schema: ParsedSchema,
  older: ParsedSchema,
  policy: CompatibilityPolicy,
): Incompatibility[] {
  const found: Incompatibility[] = []
  if (!level.startsWith('FORWARD'))
    found.push(...compareSchemas(schema, older, policy, { reader: 'new', writer: 'old' }))
  if (!level.startsWith('BACKWARD'))
    found.push(...compareSchemas(older, schema, policy, { reader: 'old', writer: 'new' }))
  return found
}
