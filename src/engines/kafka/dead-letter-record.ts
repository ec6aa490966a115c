import type { Headers } from '../../sdk/engine.ts'
import { deadLettersOf } from '../../sdk/wire-names.ts'
import type { Outgoing } from './client/records.ts'

/** An entry of a queue's dead letters, or, without a body, the word that it is gone. */
export function deadLetterRecord(
  queue: string,
  key: string,
  body: Uint8Array | null,
  headers: Headers,
  timestamp: number,
): Outgoing {
  return { topic: deadLettersOf(queue), partition: 0, key, body, headers, timestamp }
}
