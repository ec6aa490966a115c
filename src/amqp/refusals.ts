import type { ArgumentProblem, Declared, Named, Outcome, Refusal } from '../broker/refusal.ts'
import type { ExchangeProblem } from '../core/exchange/problem.ts'
import { AmqpError } from '../wire/amqp/amqp-error.ts'
import { erlangTerm } from '../wire/amqp/erlang-term.ts'
import { FIELD_TYPE_NAMES, type Field } from '../wire/amqp/field.ts'
import type { ReplyName } from '../wire/amqp/reply-codes.ts'

type Of<R extends Refusal['reason']> = Extract<Refusal, { reason: R }>

/** What each refusal of the broker is to an AMQP client: the reply code, and RabbitMQ's words. */
const REFUSALS: { readonly [R in Refusal['reason']]: readonly [reply: ReplyName, words: (refusal: Of<R>) => string] } =
  {
    'not-found': ['not-found', ({ at }) => `no ${place(at)}`],
    locked: [
      'resource-locked',
      ({ at }) =>
        `cannot obtain exclusive access to locked ${place(at)}. It could be originally declared on another connection or ` +
        'the exclusive property value does not match that of the original declaration.',
    ],
    'in-use': ['precondition-failed', ({ at }) => `${place(at)} in use`],
    'not-empty': ['precondition-failed', ({ at }) => `${place(at)} not empty`],
    'queue-limit': [
      'precondition-failed',
      ({ at, most }) => `cannot declare queue '${at.name}': queue limit in vhost '${at.vhost}' (${most}) is reached`,
    ],
    'default-exchange': ['access-refused', () => 'operation not permitted on the default exchange'],
    'system-exchange': ['access-refused', ({ at }) => `deletion of system ${place(at)} not allowed`],
    'reserved-name': ['access-refused', ({ at }) => `${at.what} name '${at.name}' contains reserved prefix 'amq.*'`],
    'unknown-exchange-type': ['precondition-failed', ({ type }) => noSuchType(type)],
    inequivalent: ['precondition-failed', inequivalence],
    'invalid-argument': [
      'precondition-failed',
      ({ at, arg, because }) => `invalid arg '${arg}' for ${place(at)}: ${problem(because)}`,
    ],
    'invalid-argument-type': [
      'precondition-failed',
      ({ at, arg, type }) => `invalid type '${FIELD_TYPE_NAMES[type]}' for arg '${arg}' in ${place(at)}`,
    ],
    'argument-of-other-type': [
      'precondition-failed',
      ({ at, arg, type }) => `invalid arg '${arg}' for ${place(at)} of queue type rabbit_${type}_queue`,
    ],
    'invalid-property': [
      'precondition-failed',
      ({ at, property }) => `invalid property '${property}' for ${place(at)}`,
    ],
    unnamed: ['precondition-failed', ({ type }) => `Cannot declare a server-named queue for type rabbit_${type}_queue`],
    'unconditional-delete': [
      'not-implemented',
      ({ at, flag, type }) =>
        `cannot delete ${place(at)}. queue.delete operations with ${flag} flag set are not supported by ${type} queues`,
    ],
    'master-locator': ['internal-error', () => MASTER_LOCATOR],
    'invalid-exchange': ['precondition-failed', ({ problem }) => exchangeProblem(problem)],
    'history-has-no-queue': ['internal-error', () => "could not find queue/exchange ''"],
    'too-large-argument': ['precondition-failed', ({ arg }) => `Exceeded max value for ${arg}`],
    'unusable-argument': ['precondition-failed', ({ arg }) => `Invalid value for ${arg}`],
    'topic-exists': ['precondition-failed', ({ at }) => `cannot declare ${place(at)}: a topic has that name`],
    'no-room': ['resource-error', () => 'the journal is full'],
  }

/** All that fits a reply text. */
const MASTER_LOCATOR =
  'Feature `queue_master_locator` is deprecated.\nBy default, this feature is not permitted anymore.\n' +
  'The feature will be removed from a future major RabbitMQ version, regardless of the configuration; ' +
  'actual version to be determined.\nTo con...'

/** The outcome's good side; a refusal is thrown as what the client is told. */
export function granted<T>(outcome: Outcome<T>): { readonly ok: true } & T {
  if (outcome.ok) return outcome
  throw refusalError(outcome)
}

/** What the client is told. */
export function refusalError(refusal: Refusal): AmqpError {
  if (refusal.reason === 'invalid-exchange' && refusal.problem.problem === 'unusable-argument') {
    return new AmqpError('internal-error', '')
  }
  const [reply, words] = REFUSALS[refusal.reason] as (typeof REFUSALS)[Refusal['reason']]
  return new AmqpError(reply, (words as (refusal: Refusal) => string)(refusal))
}

function place({ what, name, vhost }: Named): string {
  return `${what} '${name}' in vhost '${vhost}'`
}

/** RabbitMQ shows the types only if one of the two is absent. */
function inequivalence({ at, arg, received, current }: Of<'inequivalent'>): string {
  const typed = received === undefined || current === undefined
  const shown = (value: Declared) => show(value, typed)
  return `inequivalent arg '${arg}' for ${place(at)}: received ${shown(received)} but current is ${shown(current)}`
}

function show(value: Declared, typed: boolean): string {
  if (value === undefined) return 'none'
  if (typeof value !== 'object') return `'${erlangAtom(value)}'`
  const text = value.type === 'S' && typeof value.value === 'string' ? value.value : erlangTerm(value)
  return typed ? `the value '${text}' of type '${FIELD_TYPE_NAMES[value.type]}'` : `'${text}'`
}

/** What is not a plain word stands in quotes of its own. */
function erlangAtom(value: string | boolean): string {
  return typeof value === 'boolean' || /^[a-z]\w*$/.test(value) ? String(value) : `'${value}'`
}

function problem(because: ArgumentProblem): string {
  switch (because.problem) {
    case 'expected-integer':
      return `"expected integer, got ${FIELD_TYPE_NAMES[because.type]}"`
    case 'unacceptable-type':
      return `{unacceptable_type,${FIELD_TYPE_NAMES[because.type]}}`
    case 'negative':
      return `{value_negative,${because.value}}`
    case 'zero':
      return `{value_zero,${because.value}}`
    case 'too-large':
      return `{value_too_large,${because.value}}`
    case 'beyond-maximum':
      return `{max_value_exceeded,${because.value}}`
    case 'unsupported-queue-type':
      return `"unsupported queue type '${because.type}'"`
    case 'unsupported-queue-version':
      return `"unsupported queue version '${because.version}'"`
    case 'invalid-overflow':
      return 'invalid_overflow'
    case 'invalid-max-age':
      return 'invalid_max_age'
    case 'invalid-contract':
      return 'invalid_contract'
    case 'invalid-strategy':
      return 'invalid_dlx_strategy'
    case 'invalid-locator':
      return 'invalid_queue_locator_arg'
    case 'routing-key-without-exchange':
      return 'routing_key_but_no_dlx_defined'
  }
}

function exchangeProblem(of: ExchangeProblem): string {
  switch (of.problem) {
    case 'unusable-argument':
      // Replaced by the reply INTERNAL_ERROR: see `refusalError`.
      return ''
    case 'two-hashes':
      return 'hash-header and hash-property are mutually exclusive'
    case 'unknown-hash-property':
      return `Unsupported property: ${of.field.value}`
    case 'weight-not-a-number':
      return `The binding key must be an integer: ${erlangTerm({ type: 'S', value: of.key })}`
    case 'weight-too-small':
      return 'The binding key must be greater than 0'
    case 'weight-too-large':
      return `The binding key must not exceed ${of.most}`
    case 'key-not-empty':
      return `Non empty binding '${of.key}' key not permitted`
    case 'no-such-destination':
      return 'Destination not found'
    case 'queue-type':
      return `Queue type rabbit_${of.type}_queue not valid for this exchange type`
    case 'bad-history-length':
      return `Invalid argument ${erlangTerm(of.field)}, 'x-recent-history-length' must be a positive integer`
    case 'delayed-twice':
      return "Invalid argument, 'x-delayed-message' can't be used for 'x-delayed-type'"
    case 'no-delayed-type':
      return "Invalid argument, 'x-delayed-type' must be an existing exchange type"
    case 'unknown-type':
      return noSuchType(of.type)
    case 'x-match':
      return xMatch(of.field)
  }
}

/** What names nothing is invalid; so is a plugin's type whose name RabbitMQ knows without the plugin. */
function noSuchType(type: string): string {
  return `${type === '' || type === 'x-jms-topic' ? 'invalid' : 'unknown'} exchange type '${type}'`
}

function xMatch(field: Field): string {
  if (field.type === 'S') {
    return `Invalid x-match field value ${erlangTerm(field)}; expected all, any, all-with-x, or any-with-x`
  }
  return `Invalid x-match field type ${FIELD_TYPE_NAMES[field.type]} (value ${erlangTerm(field)}); expected longstr`
}
