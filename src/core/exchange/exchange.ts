import type { Table } from '../../wire/amqp/field.ts'
import type { Binding } from './binding.ts'
import type { Bindings } from './bindings.ts'
import type { Destination } from './destination.ts'
import { type ExchangeType, kindOf } from './types.ts'

/** What an exchange is declared with. */
export interface ExchangeProperties {
  readonly name: string
  readonly type: ExchangeType
  readonly durable: boolean
  /** Goes when its last binding goes. */
  readonly autoDelete: boolean
  /** Clients can't publish to it, other exchanges can. */
  readonly internal: boolean
  readonly args: Table
}

/** Takes messages and knows where they go next. */
export class Exchange implements Destination {
  /** Never used twice within a broker. */
  readonly id: number
  readonly properties: ExchangeProperties
  readonly name: string
  routed = 0
  /** Where messages go that match no binding: the name of an exchange, which need not exist; never the default exchange. */
  alternate: string
  /** Messages may have to wait here before they are routed. */
  readonly delays: boolean
  /** How many of its last messages it keeps for who is bound later. */
  readonly history: number
  /** By `bindingIdentity`. */
  readonly bindings = new Map<string, Binding<Exchange>>()
  /** How the type keeps the bindings. */
  readonly matching: Bindings

  /** `seed` is for what is random about it. */
  constructor(id: number, properties: ExchangeProperties, seed: number, matching?: Bindings) {
    const { type, args } = properties
    const kind = kindOf(type)
    this.id = id
    this.properties = properties
    this.name = properties.name
    const alternate = args.get('alternate-exchange')
    this.alternate = typeof alternate?.value === 'string' ? alternate.value : ''
    this.delays = kind.delays ?? false
    this.history = kind.history?.(args) ?? 0
    this.matching = matching ?? kind.make(args, seed)
  }

  /** Whether messages stay here for a time, beside going on. */
  get keeps(): boolean {
    return this.delays || this.history > 0
  }
}
