import type { Actor, World } from './world.ts'

/** Kills the process, and fills the disk for a while. */
export class Faults implements Actor {
  private readonly world: World

  constructor(world: World) {
    this.world = world
  }

  begin(): void {
    this.world.clock.after(this.world.dice.unit() * 1000, () => this.act())
  }

  drain(): void {}

  done(): boolean {
    return true
  }

  end(): void {}

  private act(): void {
    const { world } = this
    const { dice, swarm } = world
    if (world.draining) return
    if (dice.chance(swarm.kills)) world.crash(dice.chance(0.5))
    if (dice.chance(swarm.full)) this.fill()
    world.clock.after(dice.unit() * 2000, () => this.act())
  }

  private fill(): void {
    const { world } = this
    const { disk } = world
    world.add('times full')
    world.note('the disk is full')
    // What is there stays; a little more may fit.
    disk.capacity = disk.used() + world.dice.skewed(100_000)
    world.clock.after(world.dice.unit() * 3000, () => {
      world.disk.capacity = Number.POSITIVE_INFINITY
    })
  }
}
