import { EMPTY_TABLE, type Field, type Table } from '../../wire/amqp/field.ts'
import type { Properties } from '../../wire/amqp/properties.ts'
import type { Binding } from './binding.ts'
import type { Destination } from './destination.ts'

/** A property that a message can be routed by, as `hash-property` names it. */
export type RoutingProperty = 'correlation_id' | 'message_id' | 'timestamp'

/** What of the message that is being routed is beside its routing key; only looked at when somebody asks. */
export interface MessageHeaders {
  headers(): Table
  /** One of them, which costs less than all. */
  header(name: string): Field | undefined
  /** As text; undefined if the message has none. */
  property(name: RoutingProperty): string | undefined
}

/** What an exchange type is: how it keeps bindings, and which of them a message matches. */
export interface Bindings {
  /** Whether a message with several routing keys (the headers CC and BCC) is routed by each, by all together, or only by its first. */
  readonly keys: 'each' | 'all' | 'first'
  /** Whether the next message with the same routing key may go elsewhere although nothing has changed. */
  readonly varies: boolean
  /** A binding that was not there before. */
  bind(binding: Binding): void
  /** The same binding, which was there. */
  unbind(binding: Binding): void
  /**
   * Pushes to `out` where the bindings lead that match. A destination may come more than once: the router sees to that.
   * `headers` is asked only by types that look at headers or properties.
   */
  route(key: string, headers: MessageHeaders, out: Destination[]): void
}

/** A message's properties as what an exchange may ask for. */
export function headersOf(properties: Properties): MessageHeaders {
  return {
    headers: () => properties.headers ?? EMPTY_TABLE,
    header: (name) => properties.headers?.get(name),
    property: (name) => propertyOf(properties, name),
  }
}

/** A property as text, to be routed by. */
export function propertyOf(properties: Properties, name: RoutingProperty): string | undefined {
  if (name === 'correlation_id') return properties.correlationId
  if (name === 'message_id') return properties.messageId
  return properties.timestamp === undefined ? undefined : String(properties.timestamp)
}
