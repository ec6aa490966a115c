import type { Dice } from './random.ts'

/**
 * What kind of world a seed makes. Features are switched on and off together at random, because a run in which
 * everything happens a little never gets deep into anything.
 */
export interface Swarm {
  readonly arena: number
  readonly ring: number
  readonly file: number
  /** Groups up to so many bytes are written in place. */
  readonly atOnce: number
  /** Journal bytes between checkpoints, at least. */
  readonly growth: number
  readonly keep: number
  readonly region: number
  readonly stuffed: number
  readonly slowestNet: number
  readonly slowestDisk: number
  /** Disk operations between power losses, on average; 0 for none. */
  readonly crashEvery: number
  /** Chance of a kill -9 in a second. */
  readonly kills: number
  /** Chance that the disk is full for a while, in a second. */
  readonly full: number
  /** Chance of an invariant check after a step. */
  readonly checks: number
  readonly publishers: number
  readonly consumers: number
  readonly queues: number
  readonly producers: number
  readonly readers: number
  readonly members: number
  /** Members of the group of the consumer protocol, and of the share group. */
  readonly consumerMembers: number
  readonly shareMembers: number
  readonly partitions: number
  /** Longest delay of a message, in milliseconds; 0 for none, and no other exchanges than the usual ones. */
  readonly longestDelay: number
  /** Who works with transactions. */
  readonly workers: number
  /** Who gives and takes permissions, passwords and quotas. */
  readonly officers: number
  /** Whether somebody makes and deletes users, vhosts and policies. */
  readonly steward: boolean
  /** Partitions of a compacted topic; 0 for none. */
  readonly tables: number
  /** Whether it is written to in transactions, too. */
  readonly tableTransactions: boolean
  /** Stream queues. */
  readonly streams: number
  /** Whether some queues have their limits from policies, which change. */
  readonly policies: boolean
  /** Whether somebody registers schemas and deletes them. */
  readonly registrar: boolean
  /** Whether there is a topic with a contract. */
  readonly contracted: boolean
  /** Whether somebody takes backups meanwhile. */
  readonly backups: boolean
  /** Largest usual message, in bytes. */
  readonly largest: number
  /** Whether there is a topic that is trimmed, deleted and created again. */
  readonly passing: boolean
}

export function drawSwarm(dice: Dice): Swarm {
  const amqp = dice.chance(0.85)
  const kafka = !amqp || dice.chance(0.7)
  return {
    arena: 4 * 2 ** 20,
    ring: 64 * 1024,
    file: 16 * 1024,
    atOnce: dice.pick([0, 0, 512, 8192]),
    growth: dice.pick([4, 16, 64]) * 1024,
    keep: 32 * 1024,
    region: dice.pick([4, 8, 16]) * 1024,
    stuffed: dice.pick([0, 0.01, 0.1, 0.5]),
    slowestNet: dice.pick([0.2, 1, 5]),
    slowestDisk: dice.pick([0.2, 1, 5, 20]),
    crashEvery: dice.pick([0, 30, 100, 400, 1500]),
    kills: dice.pick([0, 0.2, 1]),
    full: dice.pick([0, 0, 0.2]),
    checks: 0.002,
    publishers: amqp ? dice.between(1, 4) : 0,
    consumers: amqp ? dice.between(1, 5) : 0,
    queues: amqp ? dice.between(1, 5) : 0,
    producers: kafka ? dice.between(1, 4) : 0,
    readers: kafka ? dice.between(1, 3) : 0,
    members: kafka && dice.chance(0.6) ? dice.between(1, 3) : 0,
    partitions: dice.between(1, 4),
    largest: dice.pick([20, 200, 1000, 4000, 10_000]),
    longestDelay: dice.pick([0, 50, 2000, 20_000]),
    steward: dice.chance(0.4),
    workers: kafka && dice.chance(0.6) ? dice.between(1, 4) : 0,
    passing: dice.chance(0.4),
    officers: kafka && dice.chance(0.3) ? 1 : 0,
    consumerMembers: kafka && dice.chance(0.3) ? dice.between(1, 4) : 0,
    shareMembers: kafka && dice.chance(0.3) ? dice.between(1, 3) : 0,
    tables: kafka && dice.chance(0.5) ? dice.between(1, 2) : 0,
    policies: amqp && dice.chance(0.5),
    streams: dice.chance(0.3) ? dice.between(1, 3) : 0,
    registrar: dice.chance(0.3),
    contracted: dice.chance(0.3),
    backups: dice.chance(0.3),
    tableTransactions: dice.chance(0.6),
  }
}
