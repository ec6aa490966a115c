import type { Exchange } from '../../core/exchange/exchange.ts'
import { isExchangeType, kindOf } from '../../core/exchange/types.ts'
import type { Table } from '../../wire/amqp/field.ts'
import type { Broker } from '../broker.ts'
import { CONTRACT_ARGUMENTS, fitsContractArgument } from '../contract/contract-arguments.ts'
import { checkEquivalent, checkEquivalentArguments } from '../equivalence.ts'
import { renewExchange } from '../policy/apply.ts'
import { type Named, type Outcome, type Refusal, refuse } from '../refusal.ts'
import { change } from '../topology.ts'
import type { VHost } from '../vhost.ts'

/** The arguments that redeclaring compares. */
const COMPARED = ['alternate-exchange', ...Object.keys(CONTRACT_ARGUMENTS)]

export interface ExchangeDeclaration {
  readonly name: string
  readonly type: string
  readonly durable: boolean
  readonly autoDelete: boolean
  readonly internal: boolean
  readonly args: Table
}

/** Makes an exchange, or finds the one that was declared alike before. */
export function declareExchange(broker: Broker, vhost: VHost, declaration: ExchangeDeclaration): Outcome {
  const { name, type, durable, args } = declaration
  const at = { what: 'exchange', name, vhost: vhost.name } as const
  if (!isExchangeType(type)) return refuse({ reason: 'unknown-exchange-type', type })
  if (name === '') return refuse({ reason: 'default-exchange' })
  const existing = vhost.router.exchanges.get(name)
  if (existing !== undefined) return checkSame(at, existing, declaration) ?? { ok: true }
  if (name.startsWith('amq.')) return refuse({ reason: 'reserved-name', at })
  const alternate = args.get('alternate-exchange')
  if (alternate !== undefined && alternate.type !== 'S') {
    return refuse({ reason: 'invalid-argument-type', at, arg: 'alternate-exchange', type: alternate.type })
  }
  const unfit = unfitContract(at, args)
  if (unfit !== null) return unfit
  const problem = kindOf(type).check?.(args) ?? null
  if (problem !== null) return refuse({ reason: 'invalid-exchange', problem })
  const id = ++broker.lastId
  change(broker, { kind: 'exchange', id, vhost: vhost.name, ...declaration, type }, durable)
  renewExchange(broker, vhost, vhost.router.exchanges.get(name)!)
  return { ok: true }
}

function unfitContract(at: Named, args: Table): Refusal | null {
  for (const arg of Object.keys(CONTRACT_ARGUMENTS)) {
    const field = args.get(arg)
    if (field !== undefined && !fitsContractArgument(arg, field))
      return refuse({ reason: 'invalid-argument', at, arg, because: { problem: 'invalid-contract' } })
  }
  return null
}

/** Whether there is an exchange of that name (a passive declaration). */
export function checkExchange(vhost: VHost, name: string): Outcome {
  if (name === '') return refuse({ reason: 'default-exchange' })
  if (vhost.router.exchanges.has(name)) return { ok: true }
  return refuse({ reason: 'not-found', at: { what: 'exchange', name, vhost: vhost.name } })
}

function checkSame(at: Named, { properties }: Exchange, declaration: ExchangeDeclaration): Refusal | null {
  return (
    checkEquivalent(at, 'type', properties.type as string, declaration.type) ??
    checkEquivalent(at, 'durable', properties.durable, declaration.durable) ??
    checkEquivalent(at, 'auto_delete', properties.autoDelete, declaration.autoDelete) ??
    checkEquivalent(at, 'internal', properties.internal, declaration.internal) ??
    checkEquivalentArguments(at, properties.args, declaration.args, COMPARED)
  )
}
