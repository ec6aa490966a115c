import { PosthornError } from './posthorn-error.ts'

/** Names that queues and topics may have on every engine. */
const NAME = /^[A-Za-z0-9._-]{1,200}$/

export function checkName(what: 'queue' | 'topic' | 'group', name: string): void {
  if (NAME.test(name) && name !== '.' && name !== '..') return
  throw new PosthornError(
    'INVALID_OPTION',
    `${what} '${name}': a name has 1 to 200 characters of A-Z, a-z, 0-9, '.', '_' and '-', so that every engine can have it`,
  )
}
