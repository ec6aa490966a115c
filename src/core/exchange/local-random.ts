import type { ExchangeKind } from './kind.ts'
import { RandomBindings } from './random.ts'

/** As `x-random`, of the queues that this process has: all of them. Only classic queues, and without a key. */
export const LOCAL_RANDOM: ExchangeKind = {
  make: (_args, seed) => new RandomBindings(seed),
  checkBinding({ key, queueType }) {
    if (key !== '') return { problem: 'key-not-empty', key }
    if (queueType === null) return { problem: 'no-such-destination' }
    return queueType === 'classic' ? null : { problem: 'queue-type', type: queueType }
  },
}
