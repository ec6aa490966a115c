import { AmqpError } from '../../wire/amqp/amqp-error.ts'
import { tx } from '../../wire/amqp/methods.ts'
import { dispose } from '../disposal.ts'
import { hand } from '../publish.ts'
import { AT_END_OF_TURN } from '../replies.ts'
import { LATER, verb } from '../verb.ts'

/** All of it is handled in one turn, and so is one journal entry. */
export const txCommit = verb(tx.commit, (channel) => {
  const { broker, transaction } = channel
  if (transaction === null) throw new AmqpError('precondition-failed', 'channel is not transactional')
  if (!broker.hasRoom(transaction.size)) {
    broker.whenRoom(channel.connection.resume)
    return LATER
  }
  for (const pending of transaction.publishes) {
    hand(channel, pending.message, { ...pending, queues: pending.queues.filter((queue) => !queue.deleted) })
  }
  for (const { recipient, sequence, disposal } of transaction.settlements) {
    recipient.outstanding--
    dispose(broker, recipient.queue, sequence, disposal)
    broker.wake(recipient.queue)
  }
  transaction.clear()
  channel.reply(tx.commitOk, {}, AT_END_OF_TURN)
})
