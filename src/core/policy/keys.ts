import { erlang } from './erlang.ts'
import type { Json } from './parameters.ts'

/** What one setting of a policy is about. */
export interface PolicyKey {
  /** Whether an operator policy may have it. */
  readonly operator: boolean
  /** Why RabbitMQ refuses the value, null if it does not. */
  readonly check: (value: Json) => string | null
  /** What becomes of it where a policy and an operator policy have it. */
  readonly merge?: Merge
  /** What becomes of it where the queue has an argument of that name: the argument counts unless told otherwise. */
  readonly withArgument?: Merge
}

/** The first is the policy's, or the argument's; the second what comes from further up. */
type Merge = 'min' | 'max' | 'second' | 'delivery-limit'

const whole = (value: Json): value is number => typeof value === 'number' && Number.isInteger(value)

const natural =
  (what: string, least = 0, most = Number.POSITIVE_INFINITY) =>
  (value: Json) =>
    whole(value) && value >= least && value <= most ? null : `${erlang(value)} is not a valid ${what}`

const text = (what: string) => (value: Json) =>
  typeof value === 'string' ? null : `${erlang(value)} is not a valid ${what}`

const oneOf =
  (what: string, ...known: Json[]) =>
  (value: Json) =>
    known.includes(value) ? null : `${erlang(value)} is not a valid ${what}`

const SEGMENT_MAX = 3_000_000_000
const OVERFLOWS = ['drop-head', 'reject-publish', 'reject-publish-dlx']
const LOCATORS = ['client-local', 'balanced', 'random', 'least-leaders']
const RETRIES = ['all', 'failed', 'returned', 'disabled']

/** An amount and its unit: years, months, days, hours, minutes, seconds. */
function maxAge(value: Json): string | null {
  return typeof value === 'string' && /^\d+[YMDhms]$/.test(value) ? null : `${erlang(value)} is not a valid max age`
}

function delayedRetry(value: Json): string | null {
  if (RETRIES.includes(String(value))) return null
  return `${erlang(value)} is not a valid delayed retry type. Must be one of: ${RETRIES.join(', ')}`
}

const delay = (end: string) => (value: Json) =>
  whole(value) && value > 0
    ? null
    : `${erlang(value)} is not a valid delayed retry ${end} delay. Must be a positive integer`

function filterSize(value: Json): string | null {
  if (whole(value) && value >= 16 && value <= 255) return null
  return `${erlang(value)} is not a valid filter size. Valid range is 16-255`
}

const above = { merge: 'second', withArgument: 'second' } as const
const least = { merge: 'min', withArgument: 'min' } as const

/** Every setting that RabbitMQ 4.3 knows without plugins, and `schema` with what belongs to it, which it does not know. */
export const POLICY_KEYS: Readonly<Record<string, PolicyKey>> = {
  'alternate-exchange': { operator: false, check: text('alternate exchange name') },
  'consumer-disconnected-timeout': {
    operator: false,
    check: natural('consumer disconnected timeout'),
    withArgument: 'min',
  },
  'consumer-timeout': { operator: false, check: natural('consumer timeout'), withArgument: 'min' },
  'dead-letter-exchange': { operator: false, check: text('dead letter exchange name') },
  'dead-letter-routing-key': { operator: false, check: text('dead letter routing key') },
  'dead-letter-strategy': {
    operator: false,
    check: oneOf('dead letter strategy', 'at-most-once', 'at-least-once'),
  },
  'delayed-retry-max': { operator: true, check: delay('maximum'), ...least },
  'delayed-retry-min': { operator: true, check: delay('minimum'), merge: 'max', withArgument: 'min' },
  'delayed-retry-type': { operator: true, check: delayedRetry, merge: 'second', withArgument: 'second' },
  'delivery-limit': {
    operator: true,
    check: (value) => (whole(value) ? null : `${erlang(value)} is not a valid delivery limit`),
    merge: 'delivery-limit',
    withArgument: 'delivery-limit',
  },
  expires: { operator: true, check: natural('queue expiry', 1), ...least },
  'initial-cluster-size': { operator: false, check: natural('cluster size'), withArgument: 'second' },
  'max-age': { operator: false, check: maxAge, withArgument: 'second' },
  'max-in-memory-bytes': { operator: true, check: natural('maximum memory in bytes'), ...least },
  'max-in-memory-length': { operator: true, check: natural('maximum memory in bytes'), ...least },
  'max-length': { operator: true, check: natural('maximum length'), ...least },
  'max-length-bytes': { operator: true, check: natural('maximum length in bytes'), ...least },
  'message-ttl': { operator: true, check: natural('message TTL'), ...least },
  overflow: { operator: true, check: oneOf('overflow value', ...OVERFLOWS), merge: 'second' },
  'queue-leader-locator': { operator: false, check: oneOf('queue leader locator value', ...LOCATORS) },
  'queue-master-locator': {
    operator: true,
    check: () => 'use of deprecated queue-master-locator argument is not permitted',
  },
  'queue-mode': { operator: false, check: oneOf('queue-mode value', 'default', 'lazy') },
  'queue-version': { operator: true, check: oneOf('queue-version value', 1, 2), merge: 'second' },
  schema: { operator: true, check: text('subject of the schema registry'), merge: 'second', withArgument: 'second' },
  'schema-by': { operator: true, check: oneOf('schema-by value', 'id', 'id-and-body', 'body'), ...above },
  'schema-check': { operator: true, check: oneOf('schema-check value', 'off', 'warn', 'reject'), ...above },
  'schema-refused': { operator: true, check: oneOf('schema-refused value', 'dead-letter', 'drop'), ...above },
  'schema-version': { operator: true, check: natural('version of a schema', 1), ...above },
  'stream-filter-size-bytes': { operator: false, check: filterSize, withArgument: 'second' },
  'stream-max-segment-size-bytes': {
    operator: false,
    check: natural('segment size', 0, SEGMENT_MAX),
    withArgument: 'second',
  },
  'target-group-size': { operator: true, check: natural('qq target count value', 1), merge: 'max' },
}

/** Where two say something about one setting. */
export function merged(how: Merge | undefined, first: Json, second: Json): Json {
  if (how === 'second') return second
  if (how === undefined || typeof first !== 'number' || typeof second !== 'number') return first
  if (how === 'max') return Math.max(first, second)
  // Below zero is no limit: then the more careful one counts.
  if (how === 'delivery-limit' && (first < 0 || second < 0)) return Math.max(first, second)
  return Math.min(first, second)
}
