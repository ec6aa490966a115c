import { CONSISTENT_HASH } from './consistent-hash.ts'
import { delayedOf } from './delayed.ts'
import { DIRECT } from './direct.ts'
import { FANOUT } from './fanout.ts'
import { HEADERS } from './headers.ts'
import type { ExchangeKind } from './kind.ts'
import { LOCAL_RANDOM } from './local-random.ts'
import { MODULUS_HASH } from './modulus-hash.ts'
import { RANDOM } from './random.ts'
import { RECENT_HISTORY } from './recent-history.ts'
import { TOPIC } from './topic.ts'

const ROUTING = {
  direct: DIRECT,
  fanout: FANOUT,
  topic: TOPIC,
  headers: HEADERS,
  'x-consistent-hash': CONSISTENT_HASH,
  'x-local-random': LOCAL_RANDOM,
  'x-modulus-hash': MODULUS_HASH,
  'x-random': RANDOM,
  'x-recent-history': RECENT_HISTORY,
} as const satisfies Record<string, ExchangeKind>

/** The exchange types there are. */
export const EXCHANGE_KINDS = {
  ...ROUTING,
  'x-delayed-message': delayedOf(ROUTING),
} as const satisfies Record<string, ExchangeKind>

export type ExchangeType = keyof typeof EXCHANGE_KINDS

export function isExchangeType(name: string): name is ExchangeType {
  return Object.hasOwn(EXCHANGE_KINDS, name)
}

/** The type as what can be asked of any. */
export function kindOf(type: ExchangeType): ExchangeKind {
  return EXCHANGE_KINDS[type]
}
