import type { Codec, Contract } from './contract/contract.ts'

// biome-ignore lint/suspicious/noExplicitAny: contracts of all payloads are here, each is asked for by its own type.
type Any = any

/** The codecs of a bus: each contract is opened once, when it is first used. */
export class Codecs {
  private readonly opened = new Map<Contract<Any, Any>, Codec<Any, Any> | Promise<Codec<Any, Any>>>()

  of<In, Out>(contract: Contract<In, Out>): Codec<In, Out> | Promise<Codec<In, Out>> {
    const known = this.opened.get(contract)
    if (known !== undefined) return known
    const codec = contract.open()
    this.opened.set(contract, codec)
    // A codec that is there needs no more waiting.
    if (codec instanceof Promise) {
      codec.then(
        (ready) => this.opened.set(contract, ready),
        () => this.opened.delete(contract),
      )
    }
    return codec
  }

  async encode<In, Out>(contract: Contract<In, Out>, value: In): Promise<Uint8Array> {
    const codec = this.of(contract)
    return (codec instanceof Promise ? await codec : codec).encode(value)
  }

  async decode<In, Out>(contract: Contract<In, Out>, body: Uint8Array): Promise<Out> {
    const codec = this.of(contract)
    return (codec instanceof Promise ? await codec : codec).decode(body)
  }
}
