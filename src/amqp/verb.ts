import type { Fields, Method, ValuesOf } from '../wire/amqp/method.ts'
import type { Channel } from './channel.ts'

/** What a client can ask of a channel, and who answers. */
export interface Verb {
  readonly method: Method
  /**
   * Does it and replies with `channel.reply`, unless the client said nowait. A refusal is a thrown AmqpError; nothing may have changed
   * then.
   */
  readonly handle: (channel: Channel, args: never) => void
}

export function verb<F extends Fields>(method: Method<F>, handle: (channel: Channel, args: ValuesOf<F>) => void): Verb {
  return { method, handle }
}
