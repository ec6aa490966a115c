import type { Headers } from './engine.ts'
import { FAILURE } from './wire-names.ts'

/** Why a message is a dead letter. */
export interface Failure {
  /** The error's name, message and code, if it has one. */
  readonly name: string
  readonly message: string
  readonly code: string | null
  /** Where it was thrown; cut off behind 4,096 characters. */
  readonly stack: string | null
  /** How often the message was handled. */
  readonly attempts: number
  /** Milliseconds since 1970. */
  readonly firstFailedAt: number
  readonly lastFailedAt: number
  /** Where it failed: a queue, or a topic with the partition, the offset and the group. */
  readonly place: string
}

const LONGEST = 4096

export function failureOf(
  error: unknown,
  attempts: number,
  firstFailedAt: number,
  lastFailedAt: number,
  place: string,
): Failure {
  const known = error instanceof Error ? error : new Error(String(error))
  const { code } = known as { code?: unknown }
  return {
    name: known.name,
    message: known.message.slice(0, LONGEST),
    code: typeof code === 'string' ? code : null,
    stack: known.stack?.slice(0, LONGEST) ?? null,
    attempts,
    firstFailedAt,
    lastFailedAt,
    place,
  }
}

/** Null for a message that is a dead letter by another's word. */
export function readFailure(headers: Headers): Failure | null {
  try {
    return JSON.parse(headers[FAILURE] ?? 'null') as Failure | null
  } catch {
    return null
  }
}

/** Where a record was that is a message now. */
export interface Origin {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly group: string | null
}

export function recordPlace({ topic, partition, offset, group }: Origin): string {
  return `topic '${topic}', partition ${partition}, offset ${offset}, group '${group}'`
}
