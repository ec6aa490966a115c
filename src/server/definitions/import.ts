import { refusalError } from '../../amqp/refusals.ts'
import type { Broker } from '../../broker/broker.ts'
import type { Done } from '../../broker/done.ts'
import type { Refusal } from '../../broker/refusal.ts'
import { STREAM_ROOM } from '../../broker/stream/stream-logs.ts'
import type { Json } from '../../core/policy/parameters.ts'
import {
  importGlobalParameter,
  importParameter,
  importPermission,
  importPolicy,
  importTopicPermission,
  importUser,
  importVHost,
} from './import-tenants.ts'
import { importBinding, importExchange, importQueue } from './import-topology.ts'
import type { Item } from './item.ts'

/** What came of an import. */
export interface Imported {
  /** How many of each category there are in the file. */
  readonly counts: Readonly<Record<string, number>>
  /** What could not be had, and why; everything else is there. */
  readonly problems: readonly string[]
}

/** Room in the journal for one item, beside what it says. */
const ROOM = 4096 + STREAM_ROOM
/** Items in one go. */
const RUN = 128

type Import = (broker: Broker, item: Item) => Done | Refusal

/** In RabbitMQ's order: what comes later may need what comes before. */
const CATEGORIES: readonly (readonly [category: string, importOne: Import])[] = [
  ['users', importUser],
  ['vhosts', importVHost],
  ['permissions', importPermission],
  ['exchanges', importExchange],
  ['topic_permissions', importTopicPermission],
  ['global_parameters', importGlobalParameter],
  ['policies', importPolicy],
  ['parameters', importParameter],
  ['queues', importQueue],
  ['bindings', importBinding],
]

/** What of it belongs to a vhost. */
const IN_VHOST = ['exchanges', 'policies', 'parameters', 'queues', 'bindings']

/**
 * Makes everything that a definitions file of RabbitMQ, or of ours, names; what is there already stays as it is, but users, permissions,
 * policies and parameters become what the file says. `vhost`: the file is about one vhost, which need not be the one it came from.
 */
export function importDefinitions(
  broker: Broker,
  file: Json,
  vhost: string | null,
  done: (imported: Imported) => void,
): void {
  const problems: string[] = []
  const counts: Record<string, number> = {}
  const work: { category: string; importOne: Import; item: Item }[] = []
  for (const [category, importOne] of CATEGORIES) {
    const given = isObject(file) ? file[category] : undefined
    if (given === undefined || (vhost !== null && !IN_VHOST.includes(category))) continue
    const items = Array.isArray(given) ? given.filter(isObject) : []
    counts[category] = items.length
    for (const item of items) work.push({ category, importOne, item: vhost === null ? item : { ...item, vhost } })
  }
  if (!isObject(file)) problems.push('a definitions file holds one JSON object')
  let at = 0
  const step = () => {
    for (let n = 0; n < RUN && at < work.length; n++) {
      const room = Math.min(ROOM + 2 * JSON.stringify(work[at].item).length, broker.store.journal.longest)
      if (!broker.hasRoomForDefinition(room, false)) {
        broker.whenRoom(() => broker.turn.start({ step }))
        return true
      }
      const { category, importOne, item } = work[at++]
      const problem = tryOne(broker, importOne, item)
      if (problem !== null) problems.push(`${category}: ${labelOf(item)}: ${problem}`)
    }
    if (at < work.length) return false
    broker.turn.hold(broker.store.journal.tail, { release: () => done({ counts, problems }) })
    return true
  }
  broker.turn.start({ step })
}

function tryOne(broker: Broker, importOne: Import, item: Item): string | null {
  const outcome = importOne(broker, item)
  if (outcome.ok) return null
  return 'text' in outcome ? outcome.text.trim() : refusalError(outcome).message
}

function labelOf(item: Item): string {
  const { vhost, name, user, source, destination } = item
  const what = name ?? (user === undefined ? `${String(source)} to ${String(destination)}` : user)
  return vhost === undefined ? `'${String(what)}'` : `'${String(what)}' in vhost '${String(vhost)}'`
}

function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
