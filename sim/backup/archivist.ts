import type { Broker } from '../../src/broker/broker.ts'
import { backUp } from '../../src/server/backup.ts'
import { stateOn } from '../broker-process.ts'
import { SimDisk } from '../disk.ts'
import { rule } from '../failure.ts'
import type { Actor, World } from '../world.ts'

/** Bytes copied in one go: the journal's files have several. */
const CHUNK = 1000

interface Taken {
  readonly target: SimDisk
  /** The life of the process that makes it. */
  readonly life: number
  /** What a broker would have made of the data directory, had it been killed when the copy began. */
  readonly expected: readonly string[]
}

/**
 * Takes backups of the broker while it works. A backup is what a kill at the moment at which it began would have left, whatever happened since, and whatever
 * happens to the disk it is on; one that was cut off is none.
 */
export class Archivist implements Actor {
  private readonly world: World
  private taken: Taken | null = null

  constructor(world: World) {
    this.world = world
  }

  begin(): void {
    this.later()
  }

  drain(): void {}

  done(): boolean {
    return this.taken === null
  }

  end(): void {}

  toString(): string {
    return 'a backup that does not end'
  }

  private later(): void {
    this.world.clock.after(this.world.dice.unit() * 400, () => this.act())
  }

  private act(): void {
    const { world, taken } = this
    if (taken !== null && !this.lives(taken)) this.cutOff(taken)
    const broker = world.process?.broker
    if (this.taken === null && broker !== undefined && !world.draining) this.take(broker)
    if (this.taken !== null || !world.draining) this.later()
  }

  private lives({ life }: Taken): boolean {
    return this.world.life === life && this.world.process !== null && !this.world.disk.dark
  }

  private take(broker: Broker): void {
    const { world } = this
    const { dice, clock, swarm, life } = world
    const target = new SimDisk(clock, dice.fork(), { slowest: swarm.slowestDisk })
    const taken: Taken = { target, life, expected: stateOn(swarm, world.disk, dice.fork()) }
    this.taken = taken
    // A process that is dead writes nothing more.
    target.onOperation = () => {
      if (!this.lives(taken)) target.dark = true
      return undefined
    }
    backUp(broker, target, (error) => this.over(taken, error), CHUNK)
  }

  private over(taken: Taken, error: Error | null): void {
    if (this.taken !== taken || !this.lives(taken)) return
    this.taken = null
    const { world } = this
    if (error !== null) {
      world.add('backups given up')
      rule(/is full|stops|ENOSPC/.test(error.message), `a backup failed: ${error.message}`)
      return
    }
    world.add('backups')
    this.compare(taken, taken.target.lose())
  }

  private cutOff(taken: Taken): void {
    const { world } = this
    this.taken = null
    const left = world.dice.chance(0.5) ? taken.target.lose() : taken.target.kill()
    if (left.exists('VERSION')) this.compare(taken, left)
    else world.add('backups cut off')
  }

  private compare({ expected }: Taken, copy: SimDisk): void {
    const { swarm, dice } = this.world
    const found = stateOn(swarm, copy, dice.fork())
    const at = expected.findIndex((line, i) => line !== found[i])
    rule(
      at < 0 && expected.length === found.length,
      `a backup is not what was there: "${found[at]}" instead of "${expected[at]}"; ${found.length} and ${expected.length} lines`,
    )
    this.world.add('backups compared')
  }
}
