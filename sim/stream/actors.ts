import { dispatch } from '../../src/server/control/dispatch.ts'
import type { Actor, World } from '../world.ts'
import { StreamKafkaClient } from './kafka-client.ts'
import { type StreamKind, StreamModel } from './model.ts'
import { PassingStream } from './passing-stream.ts'
import { StreamPublisher } from './publisher.ts'
import { StreamReader } from './reader.ts'

/** Everybody who has to do with streams. */
export function addStreams(world: World): void {
  const { dice } = world
  const model = new StreamModel(world)
  for (let i = dice.between(1, 3); i > 0; i--) {
    world.actors.push(new StreamPublisher(world, model, `stream-publisher-${i}`))
  }
  for (const kind of model.kinds) {
    for (let i = dice.between(1, 2); i > 0; i--) {
      world.actors.push(new StreamReader(world, model, kind, `reader ${i} of ${kind.name}`))
    }
    if (kind.visible) world.actors.push(new StreamKafkaClient(world, model, kind.name, kind.limited))
    if (kind.limited) world.actors.push(new Miser(world, kind))
  }
  world.actors.push(new PassingStream(world))
}

/** Changes by policy how much of a stream is kept. */
class Miser implements Actor {
  private readonly world: World
  private readonly kind: StreamKind

  constructor(world: World, kind: StreamKind) {
    this.world = world
    this.kind = kind
  }

  begin(): void {
    this.world.clock.after(this.world.dice.unit() * 3000, () => this.act())
  }

  drain(): void {}

  done(): boolean {
    return true
  }

  end(): void {}

  private act(): void {
    const { dice, clock, draining, process } = this.world
    if (draining) return
    const { name, visible } = this.kind
    // By age everything may go, and then only Kafka's clients are told so.
    const definition =
      visible && dice.chance(0.3) ? { 'max-age': '2s' } : { 'max-length-bytes': dice.pick([4000, 8000]) }
    const args = { vhost: '/', name, pattern: `^${name}$`, definition, 'apply-to': 'streams' }
    if (process?.broker !== undefined) dispatch(process.broker, 'policies set', args, () => {})
    clock.after(dice.unit() * 5000, () => this.act())
  }
}
