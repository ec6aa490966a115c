import type { Exchange } from '../../core/exchange/exchange.ts'
import type { Broker } from '../broker.ts'
import { type Outcome, refuse } from '../refusal.ts'
import { change } from '../topology.ts'
import type { VHost } from '../vhost.ts'
import { letGo } from './keep.ts'

/** Kept messages of a deleted exchange that are given up in one go. */
const RUN = 16_384

/** Deletes an exchange with its bindings; one that is not there is deleted already. */
export function deleteExchange(broker: Broker, vhost: VHost, name: string, ifUnused: boolean): Outcome {
  const at = { what: 'exchange', name, vhost: vhost.name } as const
  if (name === '') return refuse({ reason: 'default-exchange' })
  if (name.startsWith('amq.')) return refuse({ reason: 'system-exchange', at })
  const exchange = vhost.router.exchanges.get(name)
  if (exchange === undefined) return { ok: true }
  if (ifUnused && exchange.bindings.size > 0) return refuse({ reason: 'in-use', at })
  dropUnboundExchanges(broker, vhost, dropExchange(broker, vhost, exchange))
  return { ok: true }
}

/** Of exchanges that have lost a binding, those go that are auto-delete and have none left; and so on from those that led to them. */
export function dropUnboundExchanges(broker: Broker, vhost: VHost, exchanges: Iterable<Exchange>): void {
  const left = [...exchanges]
  for (let exchange = left.pop(); exchange !== undefined; exchange = left.pop()) {
    if (!exchange.properties.autoDelete || exchange.bindings.size > 0) continue
    if (vhost.exchangesById.has(exchange.id)) left.push(...dropExchange(broker, vhost, exchange))
  }
}

/** Returns the exchanges that led to it. */
function dropExchange(broker: Broker, vhost: VHost, exchange: Exchange): Exchange[] {
  const sources = vhost.router.bindingsTo(exchange).map((binding) => binding.source)
  giveUpKept(broker, exchange)
  change(broker, { kind: 'exchange-gone', id: exchange.id, vhost: vhost.name }, exchange.properties.durable)
  return sources
}

/** What the exchange keeps goes with it, bit by bit; the journal need not know: what it says about an exchange that is gone counts for nothing. */
export function giveUpKept(broker: Broker, exchange: Exchange): void {
  const kept = broker.kept.get(exchange.id)
  if (kept === undefined) return
  kept.deleted = true
  if (kept.timer !== null) broker.timers.clear(kept.timer)
  const { index } = kept
  const step = () => {
    let sequence = index.nextLive(index.head)
    for (let n = 0; n < RUN && sequence < index.tail; n++) {
      letGo(broker, kept, sequence)
      sequence = index.nextLive(sequence + 1)
    }
    return index.live === 0
  }
  if (!step()) broker.turn.start({ step })
}
