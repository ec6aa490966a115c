import { type Binding, isBefore } from './binding.ts'
import type { Bindings, MessageHeaders } from './bindings.ts'
import type { Destination } from './destination.ts'
import { hashOf } from './hash.ts'
import type { ExchangeKind } from './kind.ts'

/** Each message goes where one binding leads: that with the number hash modulo bindings, in the order of their destinations. */
export const MODULUS_HASH: ExchangeKind = { make: () => new ModulusHashBindings() }

export class ModulusHashBindings implements Bindings {
  readonly keys = 'all'
  readonly varies = false
  private readonly sorted: Binding[] = []

  bind(binding: Binding): void {
    this.sorted.splice(this.placeOf(binding), 0, binding)
  }

  unbind(binding: Binding): void {
    const at = this.placeOf(binding)
    if (this.sorted[at] === binding) this.sorted.splice(at, 1)
  }

  route(key: string, _headers: MessageHeaders, out: Destination[]): void {
    const { sorted } = this
    if (sorted.length > 0) out.push(sorted[hashOf(key) % sorted.length]!.destination)
  }

  /** Of the first binding that is not before this one. */
  private placeOf(binding: Binding): number {
    let low = 0
    let high = this.sorted.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (isBefore(this.sorted[middle]!, binding)) low = middle + 1
      else high = middle
    }
    return low
  }
}
