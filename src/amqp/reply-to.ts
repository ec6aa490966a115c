import type { Parts } from './delivery.ts'

/** The name that a client consumes from, and puts into its requests' reply-to, to get replies without a queue. */
export const REPLY_TO = 'amq.rabbitmq.reply-to'
/** What stands before the token in the name that the broker makes of it. */
export const REPLY_TO_PREFIX = `${REPLY_TO}.`

/** As RabbitMQ's: who consumes, and a secret. */
export const REPLY_TOKEN = /^[\w-]{22}\./

/** A channel that consumes replies. */
export interface ReplyTarget {
  deliverReply(message: Parts): void
}
