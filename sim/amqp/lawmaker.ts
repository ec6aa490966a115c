import type { Json } from '../../src/core/policy/parameters.ts'
import { dispatch } from '../../src/server/control/dispatch.ts'
import type { Actor, World } from '../world.ts'
import type { QueueKind } from './kinds.ts'
import type { AmqpModel } from './model.ts'

/** Times to live that policies say, in milliseconds; 0 for none. */
const TTLS = [0, 0, 500, 3000, 10_000]

/**
 * Says by policies what queues were not declared with, and then changes its mind now and then, within what clients know: how long a message
 * that expires may live, and how often one may fail that may fail only so often.
 */
export class Lawmaker implements Actor {
  private readonly world: World
  private readonly model: AmqpModel
  private readonly subjects: readonly (readonly [string, QueueKind])[]
  /** Queues whose policy was never answered. */
  private readonly missing: Set<string>

  constructor(world: World, model: AmqpModel) {
    this.world = world
    this.model = model
    this.subjects = [...model.kinds].filter(([, { policy }]) => policy !== null)
    this.missing = new Set(this.subjects.map(([name]) => name))
    model.lawful = this.missing.size === 0
  }

  begin(): void {
    this.act()
  }

  drain(): void {}

  done(): boolean {
    return this.missing.size === 0
  }

  end(): void {}

  toString(): string {
    return `policies for ${[...this.missing]} are missing`
  }

  private act(): void {
    const { dice, draining, clock } = this.world
    if (this.missing.size > 0) {
      for (const [name, kind] of this.subjects) if (this.missing.has(name)) this.set(name, kind.policy!, false)
    } else if (!draining && this.subjects.length > 0) {
      const [name, kind] = dice.pick(this.subjects)
      this.amend(name, kind)
    }
    clock.after(5 + dice.unit() * 50, () => this.act())
  }

  /** A policy has to say all of it; an operator's policy only more. */
  private amend(name: string, { policy, expires, limit }: QueueKind): void {
    const { dice } = this.world
    const changed: Record<string, Json> = {}
    if (limit < Number.POSITIVE_INFINITY) changed['delivery-limit'] = dice.between(0, limit)
    if (expires) {
      const ttl = dice.pick(TTLS)
      if (ttl > 0) changed['message-ttl'] = ttl
    }
    if (dice.chance(0.5)) {
      const { 'message-ttl': _, ...always } = policy!
      this.set(name, { ...always, ...changed }, false)
    } else if (Object.keys(changed).length > 0) this.set(name, changed, true)
  }

  private set(queue: string, definition: Readonly<Record<string, Json>>, operator: boolean): void {
    const { world } = this
    const broker = world.process?.broker
    if (broker === undefined) return
    const { life } = world
    const args = { vhost: '/', name: queue, pattern: `^${queue}$`, definition, ...(operator ? { operator } : {}) }
    world.tell(() => `policy of ${queue}, operator ${operator}: ${JSON.stringify(definition)}`)
    dispatch(broker, 'policies set', args, ({ ok }) => {
      if (!ok || life !== world.life) return
      world.add('policies set')
      this.missing.delete(queue)
      if (this.missing.size === 0) this.model.lawful = true
    })
  }
}
