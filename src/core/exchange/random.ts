import type { Binding } from './binding.ts'
import type { Bindings, MessageHeaders } from './bindings.ts'
import type { Destination } from './destination.ts'
import { Draw } from './draw.ts'
import type { ExchangeKind } from './kind.ts'

/** Each message goes where one binding leads, whichever; the routing key does not matter. */
export const RANDOM: ExchangeKind = { make: (_args, seed) => new RandomBindings(seed) }

/** All bindings are equally likely: a destination that is bound twice gets twice as much. */
export class RandomBindings implements Bindings {
  readonly keys = 'first'
  readonly varies = true
  private readonly draw: Draw
  private readonly all: Binding[] = []
  private readonly places = new Map<Binding, number>()

  constructor(seed: number) {
    this.draw = new Draw(seed)
  }

  bind(binding: Binding): void {
    this.places.set(binding, this.all.length)
    this.all.push(binding)
  }

  unbind(binding: Binding): void {
    const at = this.places.get(binding)
    if (at === undefined) return
    this.places.delete(binding)
    const last = this.all.pop()!
    if (last === binding) return
    this.all[at] = last
    this.places.set(last, at)
  }

  route(_key: string, _headers: MessageHeaders, out: Destination[]): void {
    const { all } = this
    if (all.length > 0) out.push(all[this.draw.below(all.length)]!.destination)
  }
}
