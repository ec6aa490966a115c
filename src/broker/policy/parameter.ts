import { compilePattern } from '../../core/access/pattern.ts'
import { erlang } from '../../core/policy/erlang.ts'
import { type Json, OPERATOR_POLICY, POLICY, VHOST_LIMITS } from '../../core/policy/parameters.ts'
import { policyProblem } from '../../core/policy/policy.ts'
import type { Broker } from '../broker.ts'
import { DONE, type Done, type Refused, refused } from '../done.ts'
import { applyPolicies } from './apply.ts'
import { changeParameter } from './facts.ts'

/** Names of vhost limits. */
const LIMITS = ['max-connections', 'max-queues']
const LONGEST_NAME = 255

/** What policies are set with; what is left out has RabbitMQ's defaults. */
export interface PolicyGiven {
  readonly pattern?: Json
  readonly definition?: Json
  readonly priority?: Json
  readonly 'apply-to'?: Json
}

/**
 * Sets a policy, or an operator policy, and gives it to the queues and exchanges that it is for: `applied` is called when all of them
 * have it.
 */
export function setPolicy(
  broker: Broker,
  vhost: string,
  component: typeof POLICY | typeof OPERATOR_POLICY,
  name: string,
  given: PolicyGiven,
  applied: () => void,
): Done {
  const { pattern, definition, priority = 0, 'apply-to': applyTo = 'all' } = given
  const value = { pattern, definition, priority, 'apply-to': applyTo } as { readonly [key: string]: Json }
  return set(broker, vhost, component, name, value, applied)
}

/** Takes a policy away, from all that had it. */
export function clearPolicy(
  broker: Broker,
  vhost: string,
  component: typeof POLICY | typeof OPERATOR_POLICY,
  name: string,
  applied: () => void,
): Done {
  return clear(broker, vhost, component, name, applied)
}

/** Sets what a component is told for one vhost. Components that this broker does not have are told nothing, but it is kept. */
export function setParameter(broker: Broker, vhost: string, component: string, name: string, value: Json): Done {
  if (component === POLICY) return refused('invalid', 'policies may not be set using this method')
  return set(broker, vhost, component, name, value, () => {})
}

export function clearParameter(broker: Broker, vhost: string, component: string, name: string): Done {
  if (component === POLICY) return refused('invalid', 'policies may not be cleared using this method')
  return clear(broker, vhost, component, name, () => {})
}

export function setGlobalParameter(broker: Broker, name: string, value: Json): Done {
  if (!isName(name)) return refused('invalid', `a name has between 1 and ${LONGEST_NAME} bytes`)
  changeParameter(broker, { kind: 'global-parameter', name, value })
  return DONE
}

export function clearGlobalParameter(broker: Broker, name: string): Done {
  if (broker.parameters.global(name) === undefined) return refused('not-found', 'Parameter does not exist')
  changeParameter(broker, { kind: 'global-parameter-gone', name })
  return DONE
}

function set(
  broker: Broker,
  vhostName: string,
  component: string,
  name: string,
  value: Json,
  applied: () => void,
): Done {
  const vhost = broker.vhosts.get(vhostName)
  if (vhost === undefined) return refused('not-found', `there is no vhost '${vhostName}'`)
  if (!isName(name)) return refused('invalid', `a name has between 1 and ${LONGEST_NAME} bytes`)
  const refusal = check(component, name, value)
  if (refusal !== null) return refusal
  changeParameter(broker, { kind: 'parameter', vhost: vhostName, component, name, value })
  if (component === POLICY || component === OPERATOR_POLICY) applyPolicies(broker, vhost, applied)
  else applied()
  return DONE
}

function clear(broker: Broker, vhostName: string, component: string, name: string, applied: () => void): Done {
  const vhost = broker.vhosts.get(vhostName)
  if (vhost === undefined) return refused('not-found', `there is no vhost '${vhostName}'`)
  if (broker.parameters.get(vhostName, component, name) === undefined) {
    return refused('not-found', 'Parameter does not exist')
  }
  changeParameter(broker, { kind: 'parameter-gone', vhost: vhostName, component, name })
  if (component === POLICY || component === OPERATOR_POLICY) applyPolicies(broker, vhost, applied)
  else applied()
  return DONE
}

function isName(name: string): boolean {
  return name !== '' && Buffer.byteLength(name) <= LONGEST_NAME
}

function check(component: string, name: string, value: Json): Refused | null {
  let problem: string | null = null
  if (component === POLICY || component === OPERATOR_POLICY) {
    const isPattern = (text: string) => compilePattern(text) !== null
    problem = isObject(value)
      ? policyProblem(value, component === OPERATOR_POLICY, isPattern)
      : `${name} not a list ${erlang(value)}`
  } else if (component === VHOST_LIMITS) problem = limitsProblem(name, value)
  return problem === null ? null : refused('invalid', `Validation failed\n\n${problem}\n`)
}

function limitsProblem(name: string, value: Json): string | null {
  if (!isObject(value)) return `${name} not a list ${erlang(value)}`
  for (const [limit, given] of Object.entries(value)) {
    if (!LIMITS.includes(limit)) return `Unrecognised terms ${erlang({ [limit]: given })} in ${name}`
    if (!Number.isInteger(given)) return `${limit} should be a number, actually was ${erlang(given)}`
  }
  return null
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
