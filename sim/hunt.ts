import { type Mutant, uproot } from './mutant.ts'
import { type Result, runSeed } from './run.ts'

/** Plants a bug and simulates until something is found wrong; null if nothing is within so many seeds. */
export function huntOne(mutant: Mutant, seeds: number, events: number): Result | null {
  try {
    for (let seed = 1; seed <= seeds; seed++) {
      mutant.plant()
      const result = runSeed(seed, events, mutant.swarm)
      uproot()
      if (result.error !== null) return result
    }
    return null
  } finally {
    uproot()
  }
}
