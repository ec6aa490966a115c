import type { Assignor } from './assigned-member.ts'
import { assignRange } from './range.ts'
import { assignUniform } from './uniform.ts'

/** By name; the first is the default (`group.consumer.assignors`). */
export const ASSIGNORS: ReadonlyMap<string, Assignor> = new Map([
  ['uniform', assignUniform],
  ['range', assignRange],
])

export const DEFAULT_ASSIGNOR = 'uniform'
