/*
 * Names that go over the wire. All engines use the same, so that what one has sent another one understands, and clients without Posthorn can
 * look at it.
 */

/** How often the message was handled in vain. */
export const FAILURES = 'posthorn-failures'
/** The instant of the first failure, in milliseconds since 1970. */
export const FIRST_FAILED_AT = 'posthorn-first-failed-at'
/** Of a dead letter: why it is one, as JSON; see `Failure`. */
export const FAILURE = 'posthorn-failure'
/** The message's key, where the wire has no place of its own for it. */
export const KEY = 'posthorn-key'
/** When it was sent, in milliseconds since 1970. */
export const SENT_AT = 'posthorn-sent-at'
/** The sender wants to know what becomes of the message: 'receipt'. Nobody is told of one that has only a reply-to. */
export const WANTS = 'posthorn-wants'
/** Of a reply: what has become of the message. */
export const OUTCOME = 'posthorn-outcome'
/** Of a reply: why. */
export const REASON = 'posthorn-reason'
/** Where a record was that is retried as a message: topic, partition and offset, as JSON. */
export const ORIGIN = 'posthorn-origin'
/** Of a retried record: it had no value. */
export const TOMBSTONE = 'posthorn-tombstone'
/** When the message is due, where the engine keeps it itself until then; milliseconds since 1970. */
export const NOT_BEFORE = 'posthorn-not-before'
/** When the message is no longer wanted, in milliseconds since 1970. */
export const EXPIRES_AT = 'posthorn-expires-at'

export const CONTENT_TYPE = 'content-type'
export const MESSAGE_ID = 'message-id'
export const CORRELATION_ID = 'correlation-id'
export const REPLY_TO = 'reply-to'

/** The queue, or the topic, with the dead letters of a queue. */
export function deadLettersOf(queue: string): string {
  return `${queue}.dlq`
}

/** The queue in which a group's records are that are to be handled again; its dead letters are the group's. */
export function retryQueueOf(topic: string, group: string): string {
  return `${topic}.${group}.retry`
}
