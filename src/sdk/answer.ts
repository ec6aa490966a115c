import { answersOf } from './codecs.ts'
import type { Headers, OutgoingMessage } from './engine.ts'
import type { MaybeLater } from './later.ts'
import type { Outgoing } from './outgoing.ts'
import type { AnyQueue } from './queue.ts'
import { CONTENT_TYPE, CORRELATION_ID, MESSAGE_ID, OUTCOME, REASON, REPLY_TO, WANTS } from './wire-names.ts'

/** What a sender can be told. */
export type Told =
  | { readonly outcome: 'acknowledged'; readonly answer: unknown }
  | { readonly outcome: 'rejected' | 'dead-lettered'; readonly reason: string }

const NOTHING = new Uint8Array(0)
/** What a header may hold everywhere. */
const LONGEST_REASON = 1024

/**
 * The reply to a message, if its sender waits for one: who asked for a receipt is told of every outcome, who has only a reply-to (a client without
 * Posthorn) gets the answer of a queue that has one.
 */
export function replyTo(
  queue: AnyQueue,
  headers: Headers,
  told: Told,
  outgoing: Outgoing,
): MaybeLater<readonly OutgoingMessage[]> {
  const address = headers[REPLY_TO]
  if (address === undefined || (headers[WANTS] === undefined && queue.answer === null)) return NOBODY
  return reply(queue, headers, address, told, outgoing)
}

const NOBODY: readonly OutgoingMessage[] = []

async function reply(
  queue: AnyQueue,
  headers: Headers,
  address: string,
  told: Told,
  outgoing: Outgoing,
): Promise<readonly OutgoingMessage[]> {
  const isAnswer = told.outcome === 'acknowledged' && queue.answer !== null
  const body = isAnswer ? await outgoing.codecs.encode(answersOf(queue.name, queue.answer), told.answer) : NOTHING
  const correlation = headers[CORRELATION_ID] ?? headers[MESSAGE_ID]
  return [
    {
      to: 'reply',
      address,
      body,
      headers: {
        ...(isAnswer ? { [CONTENT_TYPE]: queue.answer.contentType } : {}),
        ...(correlation === undefined ? {} : { [CORRELATION_ID]: correlation }),
        [OUTCOME]: told.outcome,
        ...(told.outcome === 'acknowledged' ? {} : { [REASON]: told.reason.slice(0, LONGEST_REASON) }),
      },
      key: null,
      notBefore: null,
      expiresAt: null,
      priority: 4,
    },
  ]
}
