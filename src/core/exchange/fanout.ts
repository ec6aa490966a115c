import type { Binding } from './binding.ts'
import type { Bindings, MessageHeaders } from './bindings.ts'
import { type Destination, Destinations } from './destination.ts'
import type { ExchangeKind } from './kind.ts'

export const FANOUT: ExchangeKind = { make: () => new FanoutBindings() }

/** Everything goes to every destination, whatever the routing key. */
export class FanoutBindings implements Bindings {
  readonly keys = 'first'
  readonly varies = false
  private readonly destinations = new Destinations()

  bind(binding: Binding): void {
    this.destinations.add(binding.destination)
  }

  unbind(binding: Binding): void {
    this.destinations.remove(binding.destination)
  }

  route(_key: string, _headers: MessageHeaders, out: Destination[]): void {
    const all = this.destinations.all
    for (let i = 0; i < all.length; i++) out.push(all[i]!)
  }
}
