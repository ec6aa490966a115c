import type { Broker } from '../broker.ts'
import { DONE, type Done, refused } from '../done.ts'
import { giveUpKept } from '../exchange/delete.ts'
import { retire } from '../queue/delete.ts'
import { changeVHost } from './facts.ts'

/** Queues whose consumers and messages are given up in one go. */
const RUN = 64

/** What clients in it are told. */
export function deletedText(name: string): string {
  return `vhost '${name}' is deleted`
}

/**
 * The vhost goes now, with all that is in it: one fact says so. Its connections are closed, and its messages given up bit by bit;
 * `done` is called when nothing of it is left.
 */
export function deleteVHost(broker: Broker, name: string, done: () => void): Done {
  const vhost = broker.vhosts.get(name)
  if (vhost === undefined) return refused('not-found', `there is no vhost '${name}'`)
  if (vhost.metadata.protected_from_deletion === true) {
    return refused('in-use', `Refusing to delete virtual host '${name}' because it is protected from deletion`)
  }
  for (const exchange of vhost.exchangesById.values()) giveUpKept(broker, exchange)
  changeVHost(broker, { kind: 'vhost-gone', name })
  // Whoever says something before its turn has come is closed then.
  broker.connections.closeAll((connection) => connection.vhost === name, deletedText(name))
  const queues = [...vhost.queues.values()]
  const step = () => {
    for (const queue of queues.splice(-RUN)) retire(broker, queue)
    if (queues.length > 0) return false
    done()
    return true
  }
  if (!step()) broker.turn.start({ step })
  return DONE
}
