import { isDeepStrictEqual } from 'node:util'
import { compilePattern } from '../../core/access/pattern.ts'
import { effectiveArguments } from '../../core/policy/arguments.ts'
import { OPERATOR_POLICY, type Parameter, POLICY } from '../../core/policy/parameters.ts'
import {
  effectiveDefinition,
  type Policies,
  type Policy,
  type PolicyText,
  policyFor,
  type Settings,
  type Subject,
} from '../../core/policy/policy.ts'
import type { Queue, QueueSettings } from '../../core/queue/queue.ts'
import type { Table } from '../../wire/amqp/field.ts'
import type { Broker } from '../broker.ts'
import { settingsOf, typeOf } from '../queue/arguments.ts'
import type { VHost } from '../vhost.ts'

/** What counts for one queue or exchange. */
export interface Matched {
  readonly policy: Policy | null
  readonly operator: Policy | null
  readonly definition: Settings | null
}

const NOTHING: Matched = { policy: null, operator: null, definition: null }

/** Compiled once for each version of a policy. */
const compiled = new WeakMap<Parameter, Policy>()

function policiesOf(broker: Broker, vhost: VHost): Policies {
  const of = (component: string) => broker.parameters.of(vhost.name, component).map(compile)
  return (vhost.policies ??= { policies: of(POLICY), operators: of(OPERATOR_POLICY) })
}

function compile(parameter: Parameter): Policy {
  const known = compiled.get(parameter)
  if (known !== undefined) return known
  const text = parameter.value as unknown as PolicyText
  const pattern = compilePattern(text.pattern)
  // What does not compile any more matches nothing: a newer version may understand fewer expressions.
  const policy = { ...text, name: parameter.name, matches: (name: string) => pattern?.matches(name) === true }
  compiled.set(parameter, policy)
  return policy
}

/** Which policies count for a queue or an exchange, and what they say together. */
export function match(broker: Broker, vhost: VHost, subject: Subject): Matched {
  const { policies, operators } = policiesOf(broker, vhost)
  if (policies.length === 0 && operators.length === 0) return NOTHING
  const policy = policyFor(policies, subject)
  const operator = policyFor(operators, subject)
  return { policy, operator, definition: effectiveDefinition(policy, operator) }
}

export function matchQueue(broker: Broker, vhost: VHost, { name, args }: Pick<Queue, 'name' | 'args'>): Matched {
  return match(broker, vhost, { what: 'queue', name, type: typeOf(args) })
}

/** The arguments that a queue works with. */
export function argumentsOf(broker: Broker, vhost: VHost, declared: Pick<Queue, 'name' | 'args'>): Table {
  return effectiveArguments(declared.args, typeOf(declared.args), matchQueue(broker, vhost, declared).definition)
}

/** Makes a queue's settings anew of what its policies say now. */
export function renewSettings(broker: Broker, queue: Queue): void {
  const vhost = broker.vhosts.get(queue.vhost)
  if (vhost === undefined) return
  const { durable, autoDelete, exclusiveOwner, contract } = queue.settings
  const { name, args } = queue
  queue.settings = effectiveSettings(broker, vhost, { name, args, durable, autoDelete, exclusiveOwner })
  // Routes know whether the queues that they lead to have a contract.
  if (!isDeepStrictEqual(contract, queue.settings.contract)) vhost.router.epoch++
  queue.policyEpoch = broker.policyEpoch
}

/** What a queue works with: what it was declared with, and what its policies say. */
export function effectiveSettings(
  broker: Broker,
  vhost: VHost,
  declared: {
    readonly name: string
    readonly durable: boolean
    readonly autoDelete: boolean
    readonly exclusiveOwner: number
    readonly args: Table
  },
): QueueSettings {
  const args = argumentsOf(broker, vhost, declared)
  return settingsOf(args === declared.args ? declared : { ...declared, args })
}
