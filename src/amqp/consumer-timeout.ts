import type { Queue } from '../core/queue/queue.ts'
import { AmqpError } from '../wire/amqp/amqp-error.ts'
import { FIELD_TYPE_NAMES, type Table } from '../wire/amqp/field.ts'
import { basic } from '../wire/amqp/methods.ts'
import type { Channel } from './channel.ts'
import type { AmqpConsumer } from './consumer.ts'
import { giveBackLate } from './disposal.ts'

/** How long a consumer of a quorum queue may keep a message if nobody says otherwise: RabbitMQ's 30 minutes. */
const USUAL_MS = 1_800_000
/** A consumer is looked at so often in its time; a message may be kept longer by that part. */
const LOOKS = 8
const SHORTEST_LOOK_MS = 10
const LONGEST_LOOK_MS = 60_000

/** The argument of basic.consume, or else the queue's, or else the usual; only quorum queues have any. */
export function consumerTimeout(queue: Queue, args: Table): number {
  if (queue.settings.type !== 'quorum') return Number.POSITIVE_INFINITY
  const field = args.get('x-consumer-timeout')
  if (field === undefined) return queue.settings.consumerTimeout ?? USUAL_MS
  const { type, value } = field
  const invalid = (why: string) =>
    new AmqpError(
      'precondition-failed',
      `invalid arg 'x-consumer-timeout' for queue '${queue.name}' in vhost '${queue.vhost}': ${why}`,
    )
  if (!'bBsuIilL'.includes(type)) throw invalid(`"expected integer, got ${FIELD_TYPE_NAMES[type]}"`)
  if (Number(value) < 0) throw invalid(`{value_negative,${value}}`)
  return Number(value)
}

/**
 * Looks now and then whether a consumer has kept messages for too long. They then go back to their queue, the client is told that its
 * consumer is cancelled, and gets nothing more before it has settled them: so does RabbitMQ. A look costs nothing per message: it notes
 * the last tag, and what was delivered up to a tag that is old enough is late.
 */
export function watchConsumer(channel: Channel, consumer: AmqpConsumer, timeoutMs: number): void {
  const { timers, env } = channel.broker
  const marks: { readonly at: number; readonly tag: number }[] = []
  const pause = Math.min(LONGEST_LOOK_MS, Math.max(SHORTEST_LOOK_MS, timeoutMs / LOOKS))
  const look = () => {
    const registered = channel.consumers.get(consumer.tag) === consumer
    if (channel.state !== 'open' || (!registered && consumer.outstanding === 0)) return
    const now = env.clock.elapsed()
    let late = -1
    while (marks.length > 0 && marks[0].at <= now - timeoutMs) late = marks.shift()!.tag
    marks.push({ at: now, tag: channel.lastTag })
    if (late >= 0 && giveBackLate(channel.broker, channel.unacked, consumer, late) > 0) tellLate(channel, consumer)
    timers.after(pause, look)
  }
  timers.after(pause, look)
}

function tellLate(channel: Channel, consumer: AmqpConsumer): void {
  if (channel.connection.capabilities.consumerCancelNotify) {
    channel.send(basic.cancel, { consumerTag: consumer.tag, nowait: true })
    return
  }
  channel.fail(
    new AmqpError(
      'precondition-failed',
      `delivery acknowledgement on channel ${channel.number} timed out. Timeout value used: -1 ms. ` +
        'This timeout value can be configured, see consumers doc guide to learn more',
    ),
  )
}
