import { REPLY_CODES, type ReplyName, type ReplyScope, replyText } from './reply-codes.ts'

/**
 * A client's mistake, or a refusal, as RabbitMQ puts it: `PRECONDITION_FAILED - queue 'q' in vhost '/' not empty`. Thrown
 * in the protocol front only, and caught in one place per connection.
 */
export class AmqpError extends Error {
  override readonly name = 'AmqpError'
  readonly code: number
  /** 'socket': the connection ends without a frame, as RabbitMQ does where its reader gives up. */
  readonly scope: ReplyScope | 'socket'
  /** The close names no method, although one was at fault. */
  readonly anonymous: boolean

  /** `explanation` follows the reply code's name; `scope` only where it differs from the code's own. */
  constructor(
    reply: ReplyName,
    explanation = '',
    { scope, anonymous }: { scope?: ReplyScope | 'socket'; anonymous?: true } = {},
  ) {
    super(explanation === '' ? replyText(reply) : `${replyText(reply)} - ${explanation}`)
    this.code = REPLY_CODES[reply].code
    this.scope = scope ?? REPLY_CODES[reply].scope
    this.anonymous = anonymous ?? false
  }
}

/** Bytes that RabbitMQ's parser has no answer to: the socket closes without a frame. */
export function malformed(explanation: string): AmqpError {
  return new AmqpError('syntax-error', explanation, { scope: 'socket' })
}

/** Properties that can't be decoded: RabbitMQ's channel dies of them. */
export function badProperties(): AmqpError {
  return new AmqpError('internal-error', '', { anonymous: true })
}
