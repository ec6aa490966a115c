import type { Codec, Contract } from './contract/contract.ts'
import type { MaybeLater } from './later.ts'
import { framed } from './registry/framed.ts'
import type { SchemaRegistry } from './registry/registry.ts'

// biome-ignore lint/suspicious/noExplicitAny: contracts of all payloads are here, each is asked for by its own type.
type Any = any

/** A contract, and the queue or topic whose it is. */
export interface Named<In, Out> {
  readonly name: string
  readonly contract: Contract<In, Out>
}

/** The codecs of a bus: each contract is opened once, when it is first used. With a registry schemas go there. */
export class Codecs {
  private readonly registry: SchemaRegistry | null
  private readonly opened = new Map<string, Map<Contract<Any, Any>, Codec<Any, Any> | Promise<Codec<Any, Any>>>>()

  constructor(registry: SchemaRegistry | null) {
    this.registry = registry
  }

  /** @throws PosthornError `CONTRACT_INCOMPATIBLE` if the registry has another schema, which this one may not follow */
  of<In, Out>({ name, contract }: Named<In, Out>): MaybeLater<Codec<In, Out>> {
    let codecs = this.opened.get(name)
    if (codecs === undefined) this.opened.set(name, (codecs = new Map()))
    const known = codecs.get(contract)
    if (known !== undefined) return known
    const { registry } = this
    const codec = registry === null ? contract.open() : framed(contract, registry, `${name}-value`)
    codecs.set(contract, codec)
    if (codec instanceof Promise) {
      // A codec that is there needs no more waiting.
      codec.then(
        (ready) => codecs.set(contract, ready),
        () => codecs.delete(contract),
      )
    }
    return codec
  }

  /** Throws, or rejects, what the codec throws. */
  encode<In, Out>(of: Named<In, Out>, value: In): MaybeLater<Uint8Array> {
    const codec = this.of(of)
    return codec instanceof Promise ? codec.then((codec) => codec.encode(value)) : codec.encode(value)
  }

  /** Throws, or rejects, what the codec throws. */
  decode<In, Out>(of: Named<In, Out>, body: Uint8Array): MaybeLater<Out> {
    const codec = this.of(of)
    return codec instanceof Promise ? codec.then((codec) => codec.decode(body)) : codec.decode(body)
  }
}

/** The answers of a queue, which are a contract of their own. */
export function answersOf<AnswerIn, AnswerOut>(
  name: string,
  contract: Contract<AnswerIn, AnswerOut>,
): Named<AnswerIn, AnswerOut> {
  return { name: `${name}.answer`, contract }
}
