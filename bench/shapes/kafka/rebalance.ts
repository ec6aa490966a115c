import type { Running } from '../../broker.ts'
import { quantile, type Setting } from '../shape.ts'
import { ClassicMember } from './classic-member.ts'
import { KafkaClient } from './client.ts'
import { ConsumerMember } from './consumer-member.ts'
import { findCoordinator, type Member, type Team } from './member.ts'

const TOPIC = 'bench-rebalance'
const SMALL: Size = { members: 100, partitions: 200, beat: 0.025 }
const ROUNDS = 10
const PATIENCE_MS = 60_000

/** How large a group is. */
export interface Size {
  readonly members: number
  readonly partitions: number
  /** Seconds between two heartbeats of a member. */
  readonly beat: number
}

/**
 * A group of 100 members, each with a connection of its own, and 200 partitions: milliseconds from one member's request to leave, or to join, until
 * every member has its assignment and every partition one owner. Members send a heartbeat every 25 ms, so that this is not a measure of how
 * seldom they ask.
 */
export async function rebalance(running: Running, { scale }: Setting): Promise<Record<string, number>> {
  return rebalanceOf(running, TOPIC, SMALL, Math.max(2, ROUNDS * scale))
}

/** The same with a group of any size. */
export async function rebalanceOf(
  running: Running,
  topic: string,
  size: Size,
  rounds: number,
): Promise<Record<string, number>> {
  const client = await KafkaClient.open(running.address('kafka'))
  await client.createTopic(topic, size.partitions, {})
  await findCoordinator(client)
  // The broker would wait up to a second before it shares out again, by default.
  await client.alterConfigs('broker', '', { 'group.consumer.assignment.interval.ms': '0' })
  const address = running.address('kafka')
  const classic = await measure((team) => ClassicMember.open(address, team), topic, size, rounds)
  const consumer = await measure((team) => ConsumerMember.open(address, team), topic, size, rounds)
  client.close()
  return {
    ...{ 'classic.start': classic.start, 'classic.leave': classic.leave, 'classic.join': classic.join },
    ...{ 'consumer.start': consumer.start, 'consumer.leave': consumer.leave, 'consumer.join': consumer.join },
  }
}

interface Times {
  /** From the first member's joining until all have their assignment. */
  readonly start: number
  readonly leave: number
  readonly join: number
}

async function measure(
  open: (team: Team) => Promise<Member>,
  topic: string,
  { members: count, partitions, beat }: Size,
  rounds: number,
): Promise<Times> {
  const members: Member[] = []
  let look = () => {}
  const team: Team = { topic, partitions, beat, changed: () => look(), failure: null }
  /** Milliseconds until all is settled again, at a later generation than before. */
  const settled = async (change: () => Promise<void>): Promise<number> => {
    const before = Math.max(0, ...members.map(({ generation }) => generation))
    const began = performance.now()
    await change()
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`not settled: ${tell(members)}`)), PATIENCE_MS)
      look = () => {
        if (team.failure === null && !isSettled(members, partitions, before)) return
        clearTimeout(late)
        if (team.failure === null) resolve()
        else reject(team.failure)
      }
      look()
    })
    return performance.now() - began
  }
  try {
    for (let n = 0; n < count; n++) members.push(await open(team))
    const start = await settled(async () => {
      for (const member of members) member.join()
    })
    const [leaves, joins]: [number[], number[]] = [[], []]
    for (let round = 0; round < rounds; round++) {
      const leaver = members.shift()!
      leaves.push(await settled(() => leaver.leave()))
      const joiner = await open(team)
      members.push(joiner)
      joins.push(await settled(async () => joiner.join()))
    }
    return { start, leave: quantile(leaves, 0.5), join: quantile(joins, 0.5) }
  } finally {
    for (const member of members) member.close()
  }
}

function isSettled(members: readonly Member[], partitions: number, after: number): boolean {
  const [first] = members
  if (first === undefined || first.generation <= after) return false
  if (members.some(({ generation, settled }) => generation !== first.generation || !settled)) return false
  const owned = members.flatMap((member) => [...member.owned])
  return owned.length === partitions && new Set(owned).size === partitions
}

function tell(members: readonly Member[]): string {
  const generations = members.map(({ generation }) => generation)
  const owned = members.reduce((sum, member) => sum + member.owned.length, 0)
  return `${members.length} members of generations ${Math.min(...generations)} to ${Math.max(...generations)} own ${owned} partitions`
}
