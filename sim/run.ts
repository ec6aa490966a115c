import { makeWorld } from './simulate.ts'
import type { Swarm } from './swarm.ts'
import type { Start } from './world.ts'

export interface Result {
  readonly seed: number
  readonly error: Error | null
  /** What happened how often. */
  readonly counts: ReadonlyMap<string, number>
  /** The last lines of what happened. */
  story(lines: number): string[]
}

/** Runs one simulation from its seed. */
export function runSeed(
  seed: number,
  events: number,
  overrides: Partial<Swarm> = {},
  telling = false,
  start?: Start,
): Result {
  const world = makeWorld(seed, overrides, start)
  world.telling = telling
  let error: Error | null = null
  try {
    world.run(events)
  } catch (thrown) {
    error = thrown as Error
  }
  const counts = new Map(world.counts)
  counts.set('events', world.clock.steps)
  counts.set('power losses', world.powerLosses)
  counts.set('kills', world.kills)
  for (const [name, n] of Object.entries(world.disk.counts)) counts.set(`disk ${spaced(name)}`, n)
  for (const [name, n] of Object.entries(world.netCounts)) counts.set(`net ${spaced(name)}`, n)
  return { seed, error, counts, story: (lines) => world.story(lines) }
}

function spaced(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}
