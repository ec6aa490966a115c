import { isDeepStrictEqual } from 'node:util'
import type { Exchange } from '../../core/exchange/exchange.ts'
import { effectiveArguments } from '../../core/policy/arguments.ts'
import type { MessageContract } from '../../core/queue/contract.ts'
import type { Queue } from '../../core/queue/queue.ts'
import type { Broker } from '../broker.ts'
import { prepareContract } from '../contract/compile.ts'
import { contractOf } from '../contract/contract-arguments.ts'
import { adjustLease } from '../queue/lease.ts'
import { shorten } from '../queue/limits.ts'
import type { VHost } from '../vhost.ts'
import { argumentsOf, match, renewSettings } from './effective.ts'

/** Queues that get their settings in one go. */
const RUN = 512

/** Gives the queues and exchanges of a vhost what its policies say now, in steps; `done` is called when all have it. */
export function applyPolicies(broker: Broker, vhost: VHost, done: () => void): void {
  for (const exchange of vhost.router.exchanges.values()) renewExchange(broker, vhost, exchange)
  const queues = [...vhost.queues.values()]
  const step = () => {
    for (const queue of queues.splice(-RUN)) renewQueue(broker, vhost, queue)
    if (queues.length > 0) return false
    done()
    return true
  }
  if (!step()) broker.turn.start({ step })
}

/** Gives an exchange its contract, and the alternate exchange that a policy names, unless it was declared with one. */
export function renewExchange(broker: Broker, vhost: VHost, exchange: Exchange): void {
  const { name, properties } = exchange
  const { definition } = match(broker, vhost, { what: 'exchange', name, type: '' })
  renewContract(broker, vhost, exchange, contractOf(effectiveArguments(properties.args, '', definition)))
  const own = properties.args.get('alternate-exchange')?.value
  const alternate = own ?? definition?.['alternate-exchange'] ?? ''
  if (typeof alternate !== 'string' || alternate === exchange.alternate) return
  exchange.alternate = alternate
  vhost.router.epoch++
}

function renewContract(broker: Broker, vhost: VHost, exchange: Exchange, contract: MessageContract | null): void {
  const { exchanges } = broker.contracts
  if (isDeepStrictEqual(exchanges.get(exchange) ?? null, contract)) return
  if (contract === null) exchanges.delete(exchange)
  else {
    exchanges.set(exchange, contract)
    prepareContract(broker, contract)
  }
  vhost.router.epoch++
}

function renewQueue(broker: Broker, vhost: VHost, queue: Queue): void {
  if (queue.deleted) return
  renewSettings(broker, queue)
  if (queue.settings.contract !== null) prepareContract(broker, queue.settings.contract)
  limitStream(broker, vhost, queue)
  adjustLease(broker, queue)
  shorten(broker, queue)
  // What has expired by the new settings goes.
  broker.wake(queue)
}

/** A stream's limits are its log's. */
function limitStream(broker: Broker, vhost: VHost, queue: Queue): void {
  if (queue.settings.type === 'stream') broker.streams?.limit(queue, argumentsOf(broker, vhost, queue))
}

/** After recovery, when all policies are known: before the queues look at what has come back to them. */
export function registerPolicies(broker: Broker): void {
  broker.afterRecovery.push(() => {
    for (const vhost of broker.vhosts.values()) {
      for (const exchange of vhost.router.exchanges.values()) renewExchange(broker, vhost, exchange)
    }
    for (const queue of broker.queuesById.values()) {
      renewSettings(broker, queue)
      if (queue.settings.contract !== null) prepareContract(broker, queue.settings.contract)
    }
  })
}
