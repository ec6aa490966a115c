import { type Table, tableOf } from '../../src/wire/amqp/field.ts'
import type { Dice } from '../random.ts'

/** What a queue of the simulation is like. */
export interface QueueKind {
  readonly type: 'classic' | 'quorum'
  /** The highest priority of a classic queue; 0: it knows none. */
  readonly priorities: number
  /** Where its dead letters go; only to there, and from nowhere else. */
  readonly dead: string | null
  /** Its messages expire, and are dead letters then. */
  readonly expires: boolean
  /** Of a quorum queue with dead letters, how often a message may fail. */
  readonly limit: number
  readonly args: Table
  /** What a policy says of it, which it was not declared with. */
  readonly policy: Readonly<Record<string, string | number>> | null
}

const PLAIN: QueueKind = {
  type: 'classic',
  priorities: 0,
  dead: null,
  expires: false,
  limit: Number.POSITIVE_INFINITY,
  args: tableOf({}),
  policy: null,
}

const TTL_MS = 3000
/** What may as well be said by a policy. */
const BY_POLICY = ['x-delivery-limit', 'x-dead-letter-exchange', 'x-dead-letter-routing-key', 'x-message-ttl']

export function deadOf(name: string): string {
  return `dead-${name}`
}

export function drawKind(name: string, dice: Dice, byPolicy: boolean): QueueKind {
  const type = dice.chance(0.35) ? 'quorum' : 'classic'
  const priorities = type === 'classic' && dice.chance(0.3) ? dice.between(1, 10) : 0
  const dead = dice.chance(0.5) ? deadOf(name) : null
  const expires = dead !== null && dice.chance(0.4)
  // Without dead letters a message that fails too often would be parked, where nobody looks here.
  const limit = type === 'quorum' && dead !== null ? dice.between(0, 5) : Number.POSITIVE_INFINITY
  const args: Record<string, string | number> = {}
  if (type === 'quorum') {
    args['x-queue-type'] = 'quorum'
    args['x-delivery-limit'] = limit === Number.POSITIVE_INFINITY ? -1 : limit
  }
  if (priorities > 0) args['x-max-priority'] = priorities
  if (dead !== null) {
    args['x-dead-letter-exchange'] = ''
    args['x-dead-letter-routing-key'] = dead
  }
  if (expires) args['x-message-ttl'] = TTL_MS
  const policy = byPolicy ? takePolicy(args) : null
  return { type, priorities, dead, expires, limit, args: tableOf(args), policy }
}

/** Takes out of the arguments what a policy is to say instead; null if that is nothing. */
function takePolicy(args: Record<string, string | number>): Record<string, string | number> | null {
  const policy: Record<string, string | number> = {}
  for (const name of BY_POLICY) {
    const value = args[name]
    if (value === undefined) continue
    policy[name.slice(2)] = value
    delete args[name]
  }
  return Object.keys(policy).length === 0 ? null : policy
}

/** The sources by name, and behind them their queues of dead letters. With `policies` about half of them have their limits from one. */
export function drawKinds(count: number, dice: Dice, policies: boolean): Map<string, QueueKind> {
  const kinds = new Map<string, QueueKind>()
  for (let i = 0; i < count; i++) {
    const name = `queue-${i}`
    kinds.set(name, drawKind(name, dice, policies && dice.chance(0.5)))
  }
  for (const { dead } of [...kinds.values()]) if (dead !== null) kinds.set(dead, PLAIN)
  return kinds
}

/** The level at which a message with that priority (-1: none) stands in a queue. */
export function levelIn(kind: QueueKind, priority: number): number {
  if (kind.type === 'quorum') return priority < 0 ? 4 : Math.min(priority, 31)
  return Math.min(Math.max(priority, 0), kind.priorities)
}
