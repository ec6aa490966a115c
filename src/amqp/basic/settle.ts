import { AmqpError } from '../../wire/amqp/amqp-error.ts'
import type { Channel } from '../channel.ts'
import { settled } from '../consumer.ts'
import { type Disposal, dispose } from '../disposal.ts'
import { TOO_LARGE } from '../transaction.ts'

/** Settles one delivery or, with `multiple`, all up to it; tag 0 then means all there are. */
export function settleDelivery(channel: Channel, tag: number, multiple: boolean, disposal: Disposal): void {
  const { unacked } = channel
  if (tag === 0 && multiple) {
    settleUpTo(channel, unacked.last, disposal)
    return
  }
  const entry = unacked.find(tag)
  if (entry < 0) throw new AmqpError('precondition-failed', `unknown delivery tag ${tag}`)
  if (multiple) settleUpTo(channel, entry, disposal)
  else settleEntry(channel, entry, disposal)
}

/** Gives all deliveries that wait back to their queues, at once: also in a transaction. */
export function giveAllBack(channel: Channel): void {
  const { unacked } = channel
  // What comes back may be handed out to this very channel, meanwhile.
  const { last } = unacked
  for (let entry = unacked.first(); entry >= 0 && entry <= last; ) {
    const next = unacked.next(entry)
    settleNow(channel, entry, 'nack-requeue')
    entry = next
  }
}

function settleUpTo(channel: Channel, last: number, disposal: Disposal): void {
  const { unacked } = channel
  for (let entry = unacked.first(); entry >= 0 && entry <= last; ) {
    const next = unacked.next(entry)
    settleEntry(channel, entry, disposal)
    entry = next
  }
}

function settleEntry(channel: Channel, entry: number, disposal: Disposal): void {
  const { unacked, transaction } = channel
  if (transaction === null) {
    settleNow(channel, entry, disposal)
    return
  }
  if (!transaction.fits(0)) throw new AmqpError('resource-error', TOO_LARGE)
  const recipient = unacked.owner(entry)
  const sequence = unacked.sequence(entry)
  transaction.settle({ tag: unacked.tag(entry), recipient, sequence, disposal })
  unacked.remove(entry)
}

function settleNow({ unacked, broker }: Channel, entry: number, disposal: Disposal): void {
  const recipient = unacked.owner(entry)
  const sequence = unacked.sequence(entry)
  unacked.remove(entry)
  settled(recipient, sequence)
  const { queue } = recipient
  dispose(broker, queue, sequence, disposal)
  if (recipient.prefetch !== 0 || sequence < 0 || queue.settings.singleActiveConsumer) broker.wake(queue)
}
