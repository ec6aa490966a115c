import { KafkaLink } from '../kafka/link.ts'
import type { Actor, World } from '../world.ts'

/** A client that connects, loses its connection now and then, and comes back. */
export abstract class Client implements Actor {
  protected readonly world: World
  protected readonly name: string
  protected link: KafkaLink | null = null
  /** Answers to what was asked before this number are about an earlier state. */
  protected round = 0

  constructor(world: World, name: string) {
    this.world = world
    this.name = name
  }

  begin(): void {
    this.later(50, () => this.connect())
  }

  abstract drain(): void
  abstract done(): boolean
  end(): void {}

  /** There is a new connection. */
  protected abstract connected(link: KafkaLink): void
  /** The connection is gone. */
  protected abstract lost(): void

  protected later(most: number, run: () => void): void {
    this.world.clock.after(this.world.dice.unit() * most, run)
  }

  protected isCurrent(link: KafkaLink, round: number): boolean {
    return this.link === link && link.open && this.round === round
  }

  private connect(): void {
    const wire = this.world.net.connect(9092)
    if (wire === null) {
      this.later(50, () => this.connect())
      return
    }
    const link = new KafkaLink(wire, () => {
      if (this.link !== link) return
      this.link = null
      this.round++
      this.lost()
      this.later(200, () => this.connect())
    })
    this.link = link
    this.later(50, () => {
      if (this.link === link) this.connected(link)
    })
  }
}
