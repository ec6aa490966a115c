import { erlang } from './erlang.ts'
import { merged, POLICY_KEYS } from './keys.ts'
import type { Json } from './parameters.ts'

/** What a policy may be for. */
const APPLY_TO = ['all', 'queues', 'exchanges', 'classic_queues', 'quorum_queues', 'streams'] as const
export type ApplyTo = (typeof APPLY_TO)[number]

/** Settings without their `x-`. */
export type Settings = Readonly<Record<string, Json>>

/** A policy as it is written. */
export interface PolicyText {
  readonly pattern: string
  readonly 'apply-to': ApplyTo
  readonly definition: Settings
  readonly priority: number
}

/** What a policy may be about. */
export interface Subject {
  readonly what: 'queue' | 'exchange'
  readonly name: string
  /** Of a queue. */
  readonly type: string
}

/** A policy with its expression compiled by `compile`. */
export interface Policy extends PolicyText {
  readonly name: string
  readonly matches: (name: string) => boolean
}

/** Settings that queues of a type do not have: a policy with one of them is not for them at all. */
const UNSUPPORTED: Readonly<Record<string, readonly string[]>> = {
  classic: [
    'max-age',
    'stream-max-segment-size-bytes',
    'initial-cluster-size',
    'delivery-limit',
    'dead-letter-strategy',
    'max-in-memory-length',
    'max-in-memory-bytes',
    'target-group-size',
  ],
  quorum: ['queue-mode', 'queue-master-locator', 'max-age', 'stream-max-segment-size-bytes', 'initial-cluster-size'],
  stream: [
    'expires',
    'message-ttl',
    'dead-letter-exchange',
    'dead-letter-routing-key',
    'max-length',
    'max-in-memory-length',
    'max-in-memory-bytes',
    'overflow',
    'queue-mode',
    'delivery-limit',
    'queue-master-locator',
    'dead-letter-strategy',
    'target-group-size',
  ],
}

/** In RabbitMQ's words, what is wrong with a policy; null if nothing is. `isPattern` says what is a regular expression. */
export function policyProblem(
  value: { readonly [key: string]: Json | undefined },
  operator: boolean,
  isPattern: (text: string) => boolean,
): string | null {
  const { pattern, definition, priority, 'apply-to': applyTo } = value
  if (typeof priority !== 'number') return `priority should be a number, actually was ${erlang(priority ?? null)}`
  if (typeof pattern !== 'string') return `pattern should be a binary but was ${erlang(pattern ?? null)}`
  if (!isPattern(pattern)) return 'pattern should be regular expression but is invalid'
  if (!APPLY_TO.some((one) => one === applyTo)) {
    return (
      `apply-to '${String(applyTo)}' unrecognised; should be one of: 'queues', 'classic_queues', ` +
      " 'quorum_queues', 'streams', 'exchanges', or 'all'"
    )
  }
  if (typeof definition !== 'object' || definition === null || Array.isArray(definition)) {
    return `definition must be a dictionary: ${erlang(definition ?? null)}`
  }
  return definitionProblem(definition as Settings, operator)
}

function definitionProblem(definition: Settings, operator: boolean): string | null {
  const entries = Object.entries(definition).sort(([a], [b]) => (a < b ? -1 : 1))
  if (entries.length === 0) return 'no policy provided'
  const unknown: Record<string, Json> = {}
  for (const [name, value] of entries) {
    const key = Object.hasOwn(POLICY_KEYS, name) ? POLICY_KEYS[name] : undefined
    if (key === undefined || (operator && !key.operator)) unknown[name] = value
    else {
      const problem = key.check(value)
      if (problem !== null) return problem
    }
  }
  if (Object.keys(unknown).length > 0) return `${erlang(unknown)} are not recognised policy settings`
  return retryProblem(definition)
}

function retryProblem(definition: Settings): string | null {
  const { 'delayed-retry-type': type, 'delayed-retry-min': min, 'delayed-retry-max': max } = definition
  if (type !== undefined && type !== 'disabled' && min === undefined) {
    return `delayed-retry-min is required when delayed-retry-type is ${String(type)}`
  }
  if (typeof min !== 'number' || typeof max !== 'number' || max >= min) return null
  return `delayed-retry-max (${max}) must not be smaller than delayed-retry-min (${min})`
}

/** The policy that counts: of those that match, the one with the highest priority. */
export function policyFor(policies: readonly Policy[], subject: Subject): Policy | null {
  let found: Policy | null = null
  for (const policy of policies) {
    if (found !== null && policy.priority <= found.priority) continue
    if (isFor(policy, subject) && policy.matches(subject.name)) found = policy
  }
  return found
}

function isFor({ 'apply-to': applyTo, definition }: Policy, { what, type }: Subject): boolean {
  if (what === 'exchange') return applyTo === 'all' || applyTo === 'exchanges'
  if (applyTo !== 'all' && applyTo !== 'queues' && applyTo !== (type === 'stream' ? 'streams' : `${type}_queues`)) {
    return false
  }
  const unsupported = UNSUPPORTED[type] ?? []
  return !Object.keys(definition).some((name) => unsupported.includes(name))
}

/** What a policy and an operator policy say together; null if there is neither. */
export function effectiveDefinition(policy: Policy | null, operator: Policy | null): Settings | null {
  if (policy === null || operator === null) return (policy ?? operator)?.definition ?? null
  const together: Record<string, Json> = { ...operator.definition }
  for (const [name, value] of Object.entries(policy.definition)) {
    const above = operator.definition[name]
    together[name] = above === undefined ? value : merged(POLICY_KEYS[name]?.merge, value, above)
  }
  return together
}

/** The policies of one vhost, ready to be matched. */
export interface Policies {
  readonly policies: readonly Policy[]
  readonly operators: readonly Policy[]
}
