import type { Table } from '../../wire/amqp/field.ts'
import type { Binding } from './binding.ts'
import type { Bindings } from './bindings.ts'
import type { Destination } from './destination.ts'
import { DirectBindings } from './direct.ts'
import { FanoutBindings } from './fanout.ts'
import { HeadersBindings } from './headers.ts'
import { TopicBindings } from './topic.ts'

const TYPES = {
  direct: () => new DirectBindings(),
  fanout: () => new FanoutBindings(),
  topic: () => new TopicBindings(),
  headers: () => new HeadersBindings(),
} as const satisfies Record<string, () => Bindings>

export type ExchangeType = keyof typeof TYPES

export function isExchangeType(name: string): name is ExchangeType {
  return Object.hasOwn(TYPES, name)
}

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
  readonly alternate: string
  /** By `bindingIdentity`. */
  readonly bindings = new Map<string, Binding<Exchange>>()
  /** How the type keeps the bindings. */
  readonly matching: Bindings

  constructor(id: number, properties: ExchangeProperties, matching: Bindings = TYPES[properties.type]()) {
    this.id = id
    this.properties = properties
    this.name = properties.name
    const alternate = properties.args.get('alternate-exchange')
    this.alternate = typeof alternate?.value === 'string' ? alternate.value : ''
    this.matching = matching
  }
}
