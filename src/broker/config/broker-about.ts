import { TOPIC_CONFIGS } from '../topic/topic-config.ts'
import { BROKER_DOCS } from './broker-docs.ts'
import type { ConfigKeys } from './config-key.ts'
import { GROUP_CONFIGS } from './group-configs.ts'

/** `group.KIND.min.NAME` bounds what a group may have as `KIND.NAME`. */
const BOUND = /^group\.(consumer|share|streams)\.(min|max)\.(.+)$/

let table: ReadonlyMap<string, string> | null = null

/** What a setting of the broker is about, or null if nobody knows it. */
export function aboutBrokerKey(name: string): string | null {
  table ??= allSentences()
  const bound = BOUND.exec(name)
  if (table.has(name) || bound === null) return table.get(name) ?? null
  const [, kind, which, rest] = bound
  return `The ${which === 'min' ? 'least' : 'most'} that ${kind}.${rest} may be.`
}

function allSentences(): ReadonlyMap<string, string> {
  const own = BROKER_DOCS.trim()
    .split('\n')
    .map((row): [string, string] => [row.slice(0, row.indexOf(' ')), row.slice(row.indexOf(' ') + 1)])
  return new Map([...inherited(GROUP_CONFIGS), ...inherited(TOPIC_CONFIGS), ...own])
}

/** Settings of the broker that count for whoever has none of its own. */
function inherited(keys: ConfigKeys): [string, string][] {
  return Object.values(keys).flatMap(({ brokerKey, about }) =>
    brokerKey === null || about === null ? [] : [[brokerKey, about]],
  )
}
