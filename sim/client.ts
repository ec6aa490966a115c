import type { Wire } from './net.ts'
import type { Actor, World } from './world.ts'

/** A client that wants a connection as long as the world lasts: it tries until it has one, and comes back when it has lost it. */
export abstract class SimClient implements Actor {
  protected readonly world: World

  constructor(world: World) {
    this.world = world
  }

  begin(): void {
    this.comeBack()
  }

  drain(): void {}
  abstract done(): boolean
  end(): void {}

  /** Asks for a connection; null if nobody answers. */
  protected abstract dial(): Wire | null
  /** There is a connection. */
  protected abstract connected(wire: Wire): void

  protected comeBack(): void {
    this.later(() => {
      const wire = this.dial()
      if (wire === null) this.comeBack()
      else this.connected(wire)
    })
  }

  protected later(run: () => void): void {
    this.world.clock.after(this.world.dice.skewed(20) + this.world.dice.unit(), run)
  }
}
