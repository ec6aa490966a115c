import type { Exchange } from '../../core/exchange/exchange.ts'
import type { Queue } from '../../core/queue/queue.ts'
import type { Broker } from '../broker.ts'
import { deadLetter } from '../queue/dead-letter.ts'
import { renewLease } from '../queue/lease.ts'
import { enforceLimits, isTooLong } from '../queue/limits.ts'
import type { VHost } from '../vhost.ts'
import { argumentsOf, effectiveSettings, match } from './effective.ts'

/** Queues that get their settings in one go, and messages that a shorter queue drops in one. */
const RUN = 512
const DROPS = 1024

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

/** Where a policy names an alternate exchange, unless the exchange was declared with one. */
export function renewExchange(broker: Broker, vhost: VHost, exchange: Exchange): void {
  const { name, properties } = exchange
  const { definition } = match(broker, vhost, { what: 'exchange', name, type: '' })
  const own = properties.args.get('alternate-exchange')?.value
  const alternate = own ?? definition?.['alternate-exchange'] ?? ''
  if (typeof alternate !== 'string' || alternate === exchange.alternate) return
  exchange.alternate = alternate
  vhost.router.epoch++
}

function renewQueue(broker: Broker, vhost: VHost, queue: Queue): void {
  if (queue.deleted) return
  const { durable, autoDelete, exclusiveOwner, expires } = queue.settings
  const { name, args } = queue
  queue.settings = effectiveSettings(broker, vhost, { name, args, durable, autoDelete, exclusiveOwner })
  limitStream(broker, vhost, queue)
  if (queue.settings.expires !== expires) renewLease(broker, queue)
  shorten(broker, queue)
  // What has expired by the new settings goes.
  broker.wake(queue)
}

/** A stream's limits are its log's. */
function limitStream(broker: Broker, vhost: VHost, queue: Queue): void {
  if (queue.settings.type === 'stream') broker.streams?.limit(queue, argumentsOf(broker, vhost, queue))
}

/** Drops what is too much by the new limits, in steps. */
function shorten(broker: Broker, queue: Queue): void {
  if (queue.settings.overflow !== 'drop-head') {
    enforceLimits(broker, queue)
    return
  }
  const step = () => {
    // Those that wait for their dead-letter exchange take memory.
    for (let n = queue.dying.length; n < DROPS; n++) {
      const sequence = !queue.deleted && isTooLong(queue) ? queue.peek() : -1
      if (sequence < 0) return true
      deadLetter(broker, queue, sequence, 'maxlen')
    }
    return false
  }
  if (!step()) broker.turn.start({ step })
}

/** After recovery, when all policies are known. */
export function registerPolicies(broker: Broker): void {
  broker.afterRecovery.push(() => {
    for (const vhost of broker.vhosts.values()) {
      for (const exchange of vhost.router.exchanges.values()) renewExchange(broker, vhost, exchange)
      for (const queue of vhost.queues.values()) {
        const { durable, autoDelete, exclusiveOwner } = queue.settings
        const { name, args } = queue
        queue.settings = effectiveSettings(broker, vhost, { name, args, durable, autoDelete, exclusiveOwner })
      }
    }
  })
}
