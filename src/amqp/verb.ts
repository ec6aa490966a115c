import type { Fields, Method, ValuesOf } from '../wire/amqp/method.ts'
import type { Channel } from './channel.ts'

/** The verb can't be done yet; `channel.connection.resume` will be called, and then it is tried again. */
export const LATER = 'later'

/** What a client can ask of a channel, and who answers. */
export interface Verb {
  readonly method: Method
  /**
   * Does it and replies with `channel.reply`, unless the client said nowait. A refusal is a thrown AmqpError; nothing may have changed
   * then. Returns LATER or nothing of interest.
   */
  readonly handle: (channel: Channel, args: never) => unknown
}

export function verb<F extends Fields>(
  method: Method<F>,
  handle: (channel: Channel, args: ValuesOf<F>) => unknown,
): Verb {
  return { method, handle }
}
