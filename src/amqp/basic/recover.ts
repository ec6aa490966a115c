import { AmqpError } from '../../wire/amqp/amqp-error.ts'
import { basic } from '../../wire/amqp/methods.ts'
import type { Channel } from '../channel.ts'
import { verb } from '../verb.ts'
import { giveAllBack } from './settle.ts'

/** Everything that waits goes back to its queue. */
function recoverAll(channel: Channel, requeue: boolean): void {
  if (!requeue) throw new AmqpError('not-implemented', 'requeue=false')
  giveAllBack(channel)
}

export const recover = verb(basic.recover, (channel, { requeue }) => {
  recoverAll(channel, requeue)
  channel.reply(basic.recoverOk, {})
})

export const recoverAsync = verb(basic.recoverAsync, (channel, { requeue }) => recoverAll(channel, requeue))
