import type { Binding } from './binding.ts'
import type { Bindings, MessageHeaders } from './bindings.ts'
import { type Destination, Destinations } from './destination.ts'
import type { ExchangeKind } from './kind.ts'

export const DIRECT: ExchangeKind = { make: () => new DirectBindings() }

/** A message goes where its routing key equals the binding's. */
export class DirectBindings implements Bindings {
  readonly keys = 'each'
  readonly varies = false
  private readonly byKey = new Map<string, Destinations>()

  bind(binding: Binding): void {
    let destinations = this.byKey.get(binding.key)
    if (destinations === undefined) this.byKey.set(binding.key, (destinations = new Destinations()))
    destinations.add(binding.destination)
  }

  unbind(binding: Binding): void {
    const destinations = this.byKey.get(binding.key)
    destinations?.remove(binding.destination)
    if (destinations?.all.length === 0) this.byKey.delete(binding.key)
  }

  route(key: string, _headers: MessageHeaders, out: Destination[]): void {
    const all = this.byKey.get(key)?.all
    if (all === undefined) return
    for (let i = 0; i < all.length; i++) out.push(all[i]!)
  }
}
