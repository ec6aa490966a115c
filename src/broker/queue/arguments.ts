import type { DelayedRetry } from '../../core/queue/delayed.ts'
import { type Overflow, QUORUM_HIGHEST, type QueueSettings, type QueueType } from '../../core/queue/queue.ts'
import { parseAge } from '../../core/stream/age.ts'
import type { Field, Table } from '../../wire/amqp/field.ts'
import { CONTRACT_ARGUMENTS, contractOf, fitsContractArgument } from '../contract/contract-arguments.ts'
import { type ArgumentProblem, type Named, type Refusal, refuse } from '../refusal.ts'

/** Ten years, the longest time to live that RabbitMQ takes. */
const LONGEST_MS = 315_360_000_000

const HIGHEST_PRIORITY = 255

const OVERFLOWS: readonly Overflow[] = ['drop-head', 'reject-publish', 'reject-publish-dlx']

const LOCATORS = ['client-local', 'balanced', 'random', 'least-leaders', 'min-masters']

const AT_LEAST_ONCE = 'at-least-once'
const STRATEGIES = ['at-most-once', AT_LEAST_ONCE]

const DELIVERY_LIMIT = 20

/** Limits of streams, in bytes. */
const MAX_SEGMENT = 3_000_000_000
const MIN_FILTER = 16
const MAX_FILTER = 255

type Check = (field: Field, args: Table) => ArgumentProblem | null

/** How arguments are checked, in the order in which RabbitMQ looks at them. Those of a type that are not here may be anything. */
const CHECKS: Readonly<Record<string, Check>> = {
  'x-expires': (field) => checkTime(field, false),
  'x-message-ttl': (field) => checkTime(field, true),
  'x-dead-letter-exchange': checkText,
  'x-dead-letter-routing-key': (field, args) =>
    checkText(field) ?? (args.has('x-dead-letter-exchange') ? null : { problem: 'routing-key-without-exchange' }),
  'x-dead-letter-strategy': (field) => oneOf(field, STRATEGIES, 'invalid-strategy'),
  'x-max-length': checkNatural,
  'x-max-length-bytes': checkNatural,
  'x-max-in-memory-length': checkNatural,
  'x-max-in-memory-bytes': checkNatural,
  'x-max-priority': checkPriority,
  'x-overflow': (field) => oneOf(field, OVERFLOWS, 'invalid-overflow'),
  'x-queue-version': checkVersion,
  'x-single-active-consumer': (field) =>
    field.type === 't' ? null : { problem: 'unacceptable-type', type: field.type },
  'x-consumer-timeout': checkNatural,
  'x-consumer-disconnected-timeout': checkNatural,
  'x-quorum-initial-group-size': checkSize,
  'x-max-age': checkAge,
  'x-stream-max-segment-size-bytes': checkNatural,
  'x-stream-filter-size-bytes': checkNatural,
  'x-initial-cluster-size': checkSize,
  'x-queue-leader-locator': (field) => oneOf(field, LOCATORS, 'invalid-locator'),
}

/**
 * The arguments that each type of queue has, which are what redeclaring compares, in RabbitMQ's order. Others are ignored, unless another
 * type has them.
 */
const ARGUMENTS: Readonly<Record<QueueType, readonly string[]>> = {
  classic: [
    'x-expires',
    'x-message-ttl',
    'x-dead-letter-exchange',
    'x-dead-letter-routing-key',
    'x-max-length',
    'x-max-length-bytes',
    'x-max-priority',
    'x-overflow',
    'x-queue-mode',
    'x-queue-version',
    'x-single-active-consumer',
    'x-queue-type',
    'x-queue-master-locator',
    'x-queue-leader-locator',
  ],
  quorum: [
    'x-dead-letter-exchange',
    'x-dead-letter-routing-key',
    'x-dead-letter-strategy',
    'x-expires',
    'x-max-length',
    'x-max-length-bytes',
    'x-max-in-memory-length',
    'x-max-in-memory-bytes',
    'x-overflow',
    'x-single-active-consumer',
    'x-queue-type',
    'x-quorum-initial-group-size',
    'x-delivery-limit',
    'x-message-ttl',
    'x-queue-leader-locator',
    'x-consumer-disconnected-timeout',
    'x-consumer-timeout',
    'x-delayed-retry-type',
    'x-delayed-retry-min',
    'x-delayed-retry-max',
  ],
  stream: [
    'x-max-length-bytes',
    'x-queue-type',
    'x-max-age',
    'x-stream-max-segment-size-bytes',
    'x-stream-filter-size-bytes',
    'x-initial-cluster-size',
    'x-queue-leader-locator',
  ],
}

/** Those that queues of every type have, and RabbitMQ's have not. */
const OURS = Object.keys(CONTRACT_ARGUMENTS)

const ALL = new Set(Object.values(ARGUMENTS).flat())

/** The type that the arguments of a queue name, which have it from the vhost's default if from nowhere else. */
export function typeOf(args: Table): string {
  const value = args.get('x-queue-type')?.value
  return typeof value === 'string' && value !== '' ? value : 'classic'
}

/** What redeclaring a queue of that type compares, before its type and after. */
export function comparedArguments(type: QueueType): readonly [readonly string[], readonly string[]] {
  const own = ARGUMENTS[type]
  const at = own.indexOf('x-queue-type')
  return [own.slice(0, at), [...own.slice(at + 1), ...OURS]]
}

/** What is wrong with the arguments of a new queue, if something is. */
export function checkArguments(at: Named, args: Table): Refusal | null {
  const exchange = args.get('x-dead-letter-exchange')
  if (exchange !== undefined && exchange.type !== 'S') {
    return refuse({ reason: 'invalid-argument-type', at, arg: 'x-dead-letter-exchange', type: exchange.type })
  }
  const given = args.get('x-queue-type')
  const because = given === undefined ? null : checkQueueType(given)
  if (because !== null) return refuse({ reason: 'invalid-argument', at, arg: 'x-queue-type', because })
  const type = typeOf(args) as QueueType
  const own = ARGUMENTS[type]
  for (const [arg, check] of Object.entries(CHECKS)) {
    const field = own.includes(arg) ? args.get(arg) : undefined
    const because = field === undefined ? null : check(field, args)
    if (because !== null) return refuse({ reason: 'invalid-argument', at, arg, because })
  }
  for (const arg of OURS) {
    const field = args.get(arg)
    if (field !== undefined && !fitsContractArgument(arg, field))
      return refuse({ reason: 'invalid-argument', at, arg, because: { problem: 'invalid-contract' } })
  }
  if (type === 'classic' && args.has('x-queue-master-locator')) return refuse({ reason: 'master-locator' })
  for (const arg of args.keys()) {
    if (ALL.has(arg) && !own.includes(arg)) return refuse({ reason: 'argument-of-other-type', at, arg, type })
  }
  return null
}

/** What RabbitMQ's streams check last. */
function checkSizes(args: Table): Refusal | null {
  const [segment, filter] = ['x-stream-max-segment-size-bytes', 'x-stream-filter-size-bytes'] as const
  if (Number(args.get(segment)?.value ?? 0) > MAX_SEGMENT) return refuse({ reason: 'too-large-argument', arg: segment })
  const size = args.get(filter)?.value
  const sound = size === undefined || (Number(size) >= MIN_FILTER && Number(size) <= MAX_FILTER)
  return sound ? null : refuse({ reason: 'unusable-argument', arg: filter })
}

/** What a queue of this type can't be, if it is. A stream's sizes are looked at behind that, as by RabbitMQ. */
export function checkProperties(
  at: Named,
  declared: {
    readonly durable: boolean
    readonly exclusive: boolean
    readonly autoDelete: boolean
    readonly args: Table
  },
): Refusal | null {
  if (typeOf(declared.args) === 'classic') return null
  if (declared.autoDelete) return refuse({ reason: 'invalid-property', at, property: 'auto-delete' })
  if (declared.exclusive) return refuse({ reason: 'invalid-property', at, property: 'exclusive-owner' })
  if (!declared.durable) return refuse({ reason: 'invalid-property', at, property: 'non-durable' })
  return typeOf(declared.args) === 'stream' ? checkSizes(declared.args) : null
}

/** A queue's settings, from arguments that `checkArguments` let pass. */
export function settingsOf(declared: {
  readonly durable: boolean
  readonly autoDelete: boolean
  readonly exclusiveOwner: number
  readonly args: Table
}): QueueSettings {
  const { durable, autoDelete, exclusiveOwner, args } = declared
  const type = typeOf(args) as QueueType
  const quorum = type === 'quorum'
  const deadLetterExchange = text(args, 'x-dead-letter-exchange')
  const overflow = overflowOf(args, quorum)
  return {
    type,
    durable,
    autoDelete,
    exclusiveOwner,
    messageTtl: limit(args, 'x-message-ttl'),
    expires: limit(args, 'x-expires'),
    maxLength: limit(args, 'x-max-length'),
    maxBytes: type === 'stream' ? Number.POSITIVE_INFINITY : limit(args, 'x-max-length-bytes'),
    overflow,
    deadLetterExchange,
    deadLetterRoutingKey: text(args, 'x-dead-letter-routing-key'),
    singleActiveConsumer: args.get('x-single-active-consumer')?.value === true,
    maxPriority: quorum ? QUORUM_HIGHEST : Number(args.get('x-max-priority')?.value ?? 0),
    deliveryLimit: quorum ? deliveryLimit(args) : Number.POSITIVE_INFINITY,
    deadLetterAtLeastOnce:
      quorum &&
      deadLetterExchange !== null &&
      overflow === 'reject-publish' &&
      text(args, 'x-dead-letter-strategy') === AT_LEAST_ONCE,
    delayedRetry: quorum ? delayedRetry(args) : null,
    consumerTimeout: quorum && args.has('x-consumer-timeout') ? limit(args, 'x-consumer-timeout') : null,
    contract: contractOf(args),
  }
}

/** A quorum queue takes `reject-publish-dlx` for no overflow it knows, and so for the usual one. */
function overflowOf(args: Table, quorum: boolean): Overflow {
  const overflow = (text(args, 'x-overflow') ?? 'drop-head') as Overflow
  return quorum && overflow === 'reject-publish-dlx' ? 'drop-head' : overflow
}

/** Anything below zero is no limit. */
function deliveryLimit(args: Table): number {
  const value = whole(args, 'x-delivery-limit') ?? DELIVERY_LIMIT
  return value < 0 ? Number.POSITIVE_INFINITY : value
}

/** What makes no sense is as good as nothing, as in RabbitMQ. */
function delayedRetry(args: Table): DelayedRetry | null {
  const type = text(args, 'x-delayed-retry-type')
  const min = whole(args, 'x-delayed-retry-min') ?? 0
  if (min <= 0 || (type !== 'all' && type !== 'failed' && type !== 'returned')) return null
  const max = whole(args, 'x-delayed-retry-max') ?? 0
  return { type, min, max: max > 0 ? max : min }
}

function whole(args: Table, name: string): number | null {
  const field = args.get(name)
  return field !== undefined && isInteger(field) ? Number(field.value) : null
}

function limit(args: Table, name: string): number {
  const field = args.get(name)
  return field === undefined ? Number.POSITIVE_INFINITY : Number(field.value)
}

function text(args: Table, name: string): string | null {
  const value = args.get(name)?.value
  return typeof value === 'string' ? value : null
}

function oneOf(
  field: Field,
  known: readonly string[],
  problem: 'invalid-overflow' | 'invalid-locator' | 'invalid-strategy',
): ArgumentProblem | null {
  return checkText(field) ?? (known.some((one) => one === field.value) ? null : { problem })
}

function checkText(field: Field): ArgumentProblem | null {
  return field.type === 'S' ? null : { problem: 'unacceptable-type', type: field.type }
}

function checkAge(field: Field): ArgumentProblem | null {
  const wrong = checkText(field)
  if (wrong !== null) return wrong
  return parseAge(String(field.value)) === null ? { problem: 'invalid-max-age' } : null
}

/** RabbitMQ compares ages by what they come to. */
export function comparable(args: Table): Table {
  const age = args.get('x-max-age')
  const ms = age?.type === 'S' && typeof age.value === 'string' ? parseAge(age.value) : null
  return ms === null ? args : new Map(args).set('x-max-age', { type: 'S', value: String(ms) })
}

function isInteger(field: Field): field is Extract<Field, { value: number | bigint }> {
  return 'bBsuIilL'.includes(field.type)
}

function checkNatural(field: Field): ArgumentProblem | null {
  if (!isInteger(field)) return { problem: 'expected-integer', type: field.type }
  return field.value < 0 ? { problem: 'negative', value: field.value } : null
}

function checkTime(field: Field, zero: boolean): ArgumentProblem | null {
  const wrong = checkNatural(field)
  if (wrong !== null || !isInteger(field)) return wrong
  const { value } = field
  if (!zero && value === 0) return { problem: 'zero', value }
  return value > LONGEST_MS ? { problem: 'too-large', value } : null
}

function checkPriority(field: Field): ArgumentProblem | null {
  const wrong = checkNatural(field)
  if (wrong !== null || !isInteger(field)) return wrong
  const { value } = field
  return value > HIGHEST_PRIORITY ? { problem: 'beyond-maximum', value } : null
}

function checkSize(field: Field): ArgumentProblem | null {
  const wrong = checkNatural(field)
  if (wrong !== null || !isInteger(field)) return wrong
  return field.value === 0 ? { problem: 'zero', value: 0 } : null
}

function checkVersion(field: Field): ArgumentProblem | null {
  const wrong = checkNatural(field)
  if (wrong !== null) return wrong
  return field.value === 2 ? null : { problem: 'unsupported-queue-version', version: String(field.value) }
}

/** The empty one is the default. */
function checkQueueType(field: Field): ArgumentProblem | null {
  const wrong = checkText(field)
  if (wrong !== null) return wrong
  return field.value === '' || Object.hasOwn(ARGUMENTS, String(field.value))
    ? null
    : { problem: 'unsupported-queue-type', type: String(field.value) }
}
