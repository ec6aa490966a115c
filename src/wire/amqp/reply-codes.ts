/** What an error closes: the channel ("soft" in the specification) or the whole connection ("hard"). */
export type ReplyScope = 'channel' | 'connection'

/** Reply codes as the specification names them; `replyText` of each is its name in capitals with underscores. */
export const REPLY_CODES = {
  'content-too-large': { code: 311, scope: 'channel' },
  'no-route': { code: 312, scope: 'channel' },
  'no-consumers': { code: 313, scope: 'channel' },
  'access-refused': { code: 403, scope: 'channel' },
  'not-found': { code: 404, scope: 'channel' },
  'resource-locked': { code: 405, scope: 'channel' },
  'precondition-failed': { code: 406, scope: 'channel' },
  'connection-forced': { code: 320, scope: 'connection' },
  'invalid-path': { code: 402, scope: 'connection' },
  'frame-error': { code: 501, scope: 'connection' },
  'syntax-error': { code: 502, scope: 'connection' },
  'command-invalid': { code: 503, scope: 'connection' },
  'channel-error': { code: 504, scope: 'connection' },
  'unexpected-frame': { code: 505, scope: 'connection' },
  'resource-error': { code: 506, scope: 'connection' },
  'not-allowed': { code: 530, scope: 'connection' },
  'not-implemented': { code: 540, scope: 'connection' },
  'internal-error': { code: 541, scope: 'connection' },
} as const satisfies Record<string, { code: number; scope: ReplyScope }>

export type ReplyName = keyof typeof REPLY_CODES

/** The code of a close that is no error. */
export const REPLY_SUCCESS = 200

/** `precondition-failed` as RabbitMQ writes it: `PRECONDITION_FAILED`. */
export function replyText(name: ReplyName): string {
  return name.toUpperCase().replaceAll('-', '_')
}
