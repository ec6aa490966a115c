import { type ErrorCode, PosthornError } from '../../../sdk/posthorn-error.ts'

/** What a request failed with: the protocol's own names, as far as the broker has answered. */
export interface Failure {
  readonly codes: ReadonlySet<string>
  /** What the broker has said beside the codes. */
  readonly said: string
}

interface Nested {
  readonly apiId?: string
  readonly serverErrorMessage?: string | null
  readonly errors?: readonly unknown[]
  readonly cause?: unknown
}

export function failureOf(error: unknown): Failure {
  const codes = new Set<string>()
  const said: string[] = []
  const look = (one: unknown, depth: number) => {
    if (typeof one !== 'object' || one === null || depth > 5) return
    const { apiId, serverErrorMessage, errors, cause } = one as Nested
    if (apiId !== undefined) codes.add(apiId)
    if (serverErrorMessage) said.push(serverErrorMessage)
    for (const inner of errors ?? []) look(inner, depth + 1)
    look(cause, depth + 1)
  }
  look(error, 0)
  return { codes, said: [...new Set(said)].join('; ') }
}

/** The answer that came with an error: of requests for several partitions some may have succeeded. */
export function responseOf<T>(error: unknown): T | null {
  return (error as { readonly response?: T } | null)?.response ?? null
}

/** The broker has not answered, or not what it should: whether the request was carried out is open. */
export function isUnanswered(error: unknown): boolean {
  return !(error instanceof PosthornError) && failureOf(error).codes.size === 0
}

/** What lies under an error: the library's own words say that there was one, and those of the system which. */
function reasonsOf(error: unknown): string[] {
  const found = new Set<string>()
  const look = (one: unknown, depth: number) => {
    const {
      errors = [],
      cause,
      message,
    } = (typeof one === 'object' && one !== null ? one : {}) as Nested & Partial<Error>
    const inner = cause === undefined ? errors : [...errors, cause]
    if (inner.length > 0 && depth < 5) for (const each of inner) look(each, depth + 1)
    else found.add(message?.trim() ?? String(one))
  }
  look(error, 0)
  return [...found]
}

/** Errors that pass: leaders and coordinators move, transactions end, brokers come back. */
const PASSING = new Set([
  'BROKER_NOT_AVAILABLE',
  'CONCURRENT_TRANSACTIONS',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'FENCED_LEADER_EPOCH',
  'INCONSISTENT_TOPIC_ID',
  'KAFKA_STORAGE_ERROR',
  'LEADER_NOT_AVAILABLE',
  'LISTENER_NOT_FOUND',
  'NETWORK_EXCEPTION',
  'NOT_CONTROLLER',
  'NOT_COORDINATOR',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'NOT_LEADER_OR_FOLLOWER',
  'OFFSET_NOT_AVAILABLE',
  'REPLICA_NOT_AVAILABLE',
  'REQUEST_TIMED_OUT',
  'THROTTLING_QUOTA_EXCEEDED',
  'UNKNOWN_LEADER_EPOCH',
  'UNKNOWN_TOPIC_ID',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNSTABLE_OFFSET_COMMIT',
])

/** Whether trying again makes sense. */
export function passes(error: unknown): boolean {
  if (error instanceof PosthornError) return error.retryable
  if (isUserError(error)) return false
  const { codes } = failureOf(error)
  return [...codes].every((code) => PASSING.has(code))
}

/** The library refuses the request itself. */
function isUserError(error: unknown): boolean {
  const code = (error as { readonly code?: string } | null)?.code ?? ''
  return ['PLT_KFK_USER', 'PLT_KFK_UNSUPPORTED_API', 'PLT_KFK_AUTHENTICATION', 'ERR_INVALID_ARG_TYPE'].includes(code)
}

const MEANING: Readonly<Record<string, ErrorCode>> = {
  CLUSTER_AUTHORIZATION_FAILED: 'REFUSED',
  GROUP_AUTHORIZATION_FAILED: 'REFUSED',
  MESSAGE_TOO_LARGE: 'TOO_LARGE',
  RECORD_LIST_TOO_LARGE: 'TOO_LARGE',
  UNKNOWN_TOPIC_ID: 'NOT_FOUND',
  UNKNOWN_TOPIC_OR_PARTITION: 'NOT_FOUND',
}

/** The error that a caller gets. */
export function toPosthornError(error: unknown, what: string): PosthornError {
  if (error instanceof PosthornError) return error
  const { codes, said } = failureOf(error)
  const [first] = codes
  const cause = { cause: error }
  if (first === undefined) {
    const code = isUserError(error) ? 'REFUSED' : 'CONNECTION_FAILED'
    return new PosthornError(code, `${what}: ${reasonsOf(error).join('; ')}`, cause)
  }
  const code = [...codes].map((one) => MEANING[one]).find((one) => one !== undefined)
  const text = `${what}: ${[...codes].join(', ')}${said === '' ? '' : ` (${said})`}`
  return new PosthornError(code ?? (passes(error) ? 'UNAVAILABLE' : 'REFUSED'), text, cause)
}
