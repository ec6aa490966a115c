import type { Overflow, QueueSettings } from '../../core/queue/queue.ts'
import type { Field, Table } from '../../wire/amqp/field.ts'
import { type ArgumentProblem, type Named, type Refusal, refuse } from '../refusal.ts'

/** Ten years, the longest time to live that RabbitMQ takes. */
const LONGEST_MS = 315_360_000_000

const HIGHEST_PRIORITY = 255

const OVERFLOWS: readonly Overflow[] = ['drop-head', 'reject-publish', 'reject-publish-dlx']

const LOCATORS = ['client-local', 'balanced', 'random', 'least-leaders', 'min-masters']

type Check = (field: Field, args: Table) => ArgumentProblem | null

/** The arguments that classic queues have, in the order in which RabbitMQ looks at them. Others are ignored. */
const CHECKS: Readonly<Record<string, Check>> = {
  'x-expires': (field) => checkTime(field, false),
  'x-message-ttl': (field) => checkTime(field, true),
  'x-dead-letter-exchange': checkText,
  'x-dead-letter-routing-key': (field, args) =>
    checkText(field) ?? (args.has('x-dead-letter-exchange') ? null : { problem: 'routing-key-without-exchange' }),
  'x-max-length': checkNatural,
  'x-max-length-bytes': checkNatural,
  'x-max-priority': checkPriority,
  'x-overflow': (field) =>
    checkText(field) ?? (OVERFLOWS.some((one) => one === field.value) ? null : { problem: 'invalid-overflow' }),
  'x-queue-mode': () => null,
  'x-queue-version': checkVersion,
  'x-single-active-consumer': (field) =>
    field.type === 't' ? null : { problem: 'unacceptable-type', type: field.type },
  'x-queue-type': checkQueueType,
  'x-queue-master-locator': () => null,
  'x-queue-leader-locator': (field) =>
    checkText(field) ?? (LOCATORS.some((one) => one === field.value) ? null : { problem: 'invalid-locator' }),
}

/** What redeclaring compares. */
export const COMPARED_ARGUMENTS = Object.keys(CHECKS)

/** Arguments of quorum and stream queues, which RabbitMQ refuses for a classic one. */
const OF_OTHER_TYPES = [
  'x-consumer-disconnected-timeout',
  'x-consumer-timeout',
  'x-dead-letter-strategy',
  'x-delayed-retry-max',
  'x-delayed-retry-min',
  'x-delayed-retry-type',
  'x-delivery-limit',
  'x-initial-cluster-size',
  'x-max-age',
  'x-max-in-memory-bytes',
  'x-max-in-memory-length',
  'x-quorum-initial-group-size',
  'x-stream-filter-size-bytes',
  'x-stream-max-segment-size-bytes',
]

/** What is wrong with the arguments of a new queue, if something is. */
export function checkArguments(at: Named, args: Table): Refusal | null {
  const exchange = args.get('x-dead-letter-exchange')
  if (exchange !== undefined && exchange.type !== 'S') {
    return refuse({ reason: 'invalid-argument-type', at, arg: 'x-dead-letter-exchange', type: exchange.type })
  }
  const type = args.get('x-queue-type')
  const because = type === undefined ? null : checkQueueType(type)
  if (because !== null) return refuse({ reason: 'invalid-argument', at, arg: 'x-queue-type', because })
  for (const [arg, check] of Object.entries(CHECKS)) {
    const field = args.get(arg)
    const because = field === undefined ? null : check(field, args)
    if (because !== null) return refuse({ reason: 'invalid-argument', at, arg, because })
  }
  if (args.has('x-queue-master-locator')) return refuse({ reason: 'master-locator' })
  const foreign = OF_OTHER_TYPES.find((arg) => args.has(arg))
  return foreign === undefined ? null : refuse({ reason: 'argument-of-other-type', at, arg: foreign })
}

/** A queue's settings, from arguments that `checkArguments` let pass. */
export function settingsOf(declared: {
  readonly durable: boolean
  readonly autoDelete: boolean
  readonly exclusiveOwner: number
  readonly args: Table
}): QueueSettings {
  const { durable, autoDelete, exclusiveOwner, args } = declared
  return {
    durable,
    autoDelete,
    exclusiveOwner,
    messageTtl: limit(args, 'x-message-ttl'),
    expires: limit(args, 'x-expires'),
    maxLength: limit(args, 'x-max-length'),
    maxBytes: limit(args, 'x-max-length-bytes'),
    overflow: (text(args, 'x-overflow') ?? 'drop-head') as Overflow,
    deadLetterExchange: text(args, 'x-dead-letter-exchange'),
    deadLetterRoutingKey: text(args, 'x-dead-letter-routing-key'),
    singleActiveConsumer: args.get('x-single-active-consumer')?.value === true,
  }
}

function limit(args: Table, name: string): number {
  const field = args.get(name)
  return field === undefined ? Number.POSITIVE_INFINITY : Number(field.value)
}

function text(args: Table, name: string): string | null {
  const value = args.get(name)?.value
  return typeof value === 'string' ? value : null
}

function checkText(field: Field): ArgumentProblem | null {
  return field.type === 'S' ? null : { problem: 'unacceptable-type', type: field.type }
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

/** Priorities are not built: a queue that asks for some would be served in another order than it says. */
function checkPriority(field: Field): ArgumentProblem | null {
  const wrong = checkNatural(field)
  if (wrong !== null || !isInteger(field)) return wrong
  const { value } = field
  if (value > HIGHEST_PRIORITY) return { problem: 'beyond-maximum', value }
  return value > 0 ? { problem: 'no-priorities' } : null
}

function checkVersion(field: Field): ArgumentProblem | null {
  const wrong = checkNatural(field)
  if (wrong !== null) return wrong
  return field.value === 2 ? null : { problem: 'unsupported-queue-version', version: String(field.value) }
}

/** The empty one is the default. Quorum queues and streams are not built. */
function checkQueueType(field: Field): ArgumentProblem | null {
  const wrong = checkText(field)
  if (wrong !== null) return wrong
  return field.value === 'classic' || field.value === ''
    ? null
    : { problem: 'unsupported-queue-type', type: String(field.value) }
}

/** The type that the arguments of a queue name. */
export function typeOf(args: Table): string {
  const value = args.get('x-queue-type')?.value
  return typeof value === 'string' && value !== '' ? value : 'classic'
}
