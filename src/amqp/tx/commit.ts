import { journalSettlements } from '../../broker/queue/queue-facts.ts'
import { AmqpError } from '../../wire/amqp/amqp-error.ts'
import { tx } from '../../wire/amqp/methods.ts'
import { settled } from '../consumer.ts'
import { dispose } from '../disposal.ts'
import { hand } from '../publish.ts'
import { AT_END_OF_TURN } from '../replies.ts'
import { LATER, verb } from '../verb.ts'

/** All of it goes to the journal in one go, settlements included, and so is one entry of it. */
export const txCommit = verb(tx.commit, (channel) => {
  const { broker, transaction } = channel
  if (transaction === null) throw new AmqpError('precondition-failed', 'channel is not transactional')
  if (!broker.hasRoom(transaction.sizeWith(0))) {
    broker.whenRoom(channel.connection.resume)
    return LATER
  }
  for (const pending of transaction.publishes) {
    hand(channel, pending.message, { ...pending, queues: pending.queues.filter((queue) => !queue.deleted) })
  }
  for (const { recipient, sequence, disposal } of transaction.settlements) {
    settled(recipient, sequence)
    dispose(broker, recipient.queue, sequence, disposal)
    broker.wake(recipient.queue)
  }
  broker.streams?.flush()
  journalSettlements(broker)
  transaction.clear()
  channel.reply(tx.commitOk, {}, AT_END_OF_TURN)
})
