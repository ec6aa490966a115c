import type { Dice } from '../../../sim/random.ts'

/**
 * What a sequence is about. A sequence in which everything happens a little never gets deep into anything, so each has a few
 * of these only.
 */
export interface Theme {
  readonly types: readonly ('classic' | 'quorum' | 'stream')[]
  readonly limits: boolean
  readonly ttl: boolean
  readonly deadLetters: boolean
  readonly priorities: boolean
  readonly transactions: boolean
  readonly topology: boolean
  readonly policies: boolean
  /** Whether a connection may be that of a user who may not do everything. */
  readonly access: boolean
  /** How often something is asked that can't be had. */
  readonly illegal: number
}

export function drawTheme(dice: Dice): Theme {
  return {
    types: dice.pick([
      ['classic'],
      ['classic'],
      ['quorum'],
      ['quorum'],
      ['stream'],
      ['classic', 'quorum'],
      ['classic', 'quorum', 'stream'],
    ] as const),
    limits: dice.chance(0.4),
    ttl: dice.chance(0.25),
    deadLetters: dice.chance(0.5),
    priorities: dice.chance(0.3),
    transactions: dice.chance(0.15),
    topology: dice.chance(0.5),
    policies: dice.chance(0.2),
    access: dice.chance(0.15),
    illegal: dice.pick([0.02, 0.1, 0.3]),
  }
}
