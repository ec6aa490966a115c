import { type Mutant, uproot } from './mutant.ts'
import { type Result, runSeed } from './run.ts'

/**
 * Plants a bug and simulates until something is found wrong; null if nothing is within so many seeds.
 *
 * @throws Error if the same seed goes wrong without the bug, too: what was found then is another one, which nobody planted
 */
export function huntOne(mutant: Mutant, seeds: number, events: number): Result | null {
  try {
    for (let seed = 1; seed <= seeds; seed++) {
      mutant.plant()
      const result = runSeed(seed, events, mutant.swarm)
      uproot()
      if (result.error === null) continue
      const clean = runSeed(seed, Math.min(events, result.counts.get('events')!), mutant.swarm)
      if (clean.error !== null)
        throw new Error(`seed ${seed} fails without the planted bug '${mutant.name}', too`, { cause: clean.error })
      return result
    }
    return null
  } finally {
    uproot()
  }
}
