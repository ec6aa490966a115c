import { type Json, OPERATOR_POLICY, POLICY } from '../../core/policy/parameters.ts'
import type { Broker } from '../broker.ts'
import type { Definition } from '../definition.ts'
import { journalDefinition } from '../definitions.ts'

/** What can happen to runtime parameters, policies among them. */
export type ParameterFact =
  | {
      readonly kind: 'parameter'
      readonly id: number
      readonly vhost: string
      readonly component: string
      readonly name: string
      readonly value: Json
    }
  | {
      readonly kind: 'parameter-gone'
      readonly id: number
      readonly vhost: string
      readonly component: string
      readonly name: string
    }
  | { readonly kind: 'global-parameter'; readonly id: number; readonly name: string; readonly value: Json }
  | { readonly kind: 'global-parameter-gone'; readonly id: number; readonly name: string }

const KINDS: readonly ParameterFact['kind'][] = [
  'parameter',
  'parameter-gone',
  'global-parameter',
  'global-parameter-gone',
]

/** Teaches the broker to rebuild runtime parameters. */
export function registerParameters(broker: Broker): void {
  broker.definitions.push({
    kinds: KINDS,
    apply: (definition) => apply(broker, definition as ParameterFact),
    all: () => allFacts(broker),
  })
}

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never

/** The one way in which parameters change. */
export function changeParameter(broker: Broker, change: WithoutId<ParameterFact>): void {
  const fact = { ...change, id: ++broker.lastId } as ParameterFact
  apply(broker, fact)
  const position = journalDefinition(broker, fact satisfies Definition)
  broker.parametersChangedAt = position
  const vhost = 'vhost' in fact ? broker.vhosts.get(fact.vhost) : undefined
  if (vhost !== undefined) vhost.changedAt = position
}

function apply(broker: Broker, fact: ParameterFact): void {
  const { parameters } = broker
  switch (fact.kind) {
    case 'parameter': {
      const { id, vhost, component, name, value } = fact
      parameters.set({ id, vhost, component, name, value })
      break
    }
    case 'parameter-gone':
      parameters.delete(fact.vhost, fact.component, fact.name)
      break
    case 'global-parameter':
      parameters.setGlobal({ id: fact.id, name: fact.name, value: fact.value })
      break
    case 'global-parameter-gone':
      parameters.deleteGlobal(fact.name)
  }
  const isPolicy = 'component' in fact && (fact.component === POLICY || fact.component === OPERATOR_POLICY)
  if (!isPolicy) return
  broker.policyEpoch++
  const vhost = broker.vhosts.get(fact.vhost)
  if (vhost !== undefined) vhost.policies = null
}

function* allFacts({ parameters }: Broker): Generator<ParameterFact> {
  for (const parameter of parameters.all()) yield { kind: 'parameter', ...parameter }
  for (const parameter of parameters.allGlobals()) yield { kind: 'global-parameter', ...parameter }
}
