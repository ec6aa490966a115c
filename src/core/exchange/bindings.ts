import type { Table } from '../../wire/amqp/field.ts'
import type { Binding } from './binding.ts'
import type { Destination } from './destination.ts'

/** The headers of the message that is being routed; a table is only made of them when somebody asks. */
export interface MessageHeaders {
  headers(): Table
}

/** What an exchange type is: how it keeps bindings, and which of them a message matches. */
export interface Bindings {
  /** A binding that was not there before. */
  bind(binding: Binding): void
  /** The same binding, which was there. */
  unbind(binding: Binding): void
  /**
   * Pushes to `out` where the bindings lead that match. A destination may come more than once: the router sees to that.
   * `headers` is asked only by types that look at headers.
   */
  route(key: string, headers: MessageHeaders, out: Destination[]): void
}
