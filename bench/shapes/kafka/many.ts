import { OffsetCommitRequest, OffsetCommitResponse } from '../../../src/wire/kafka/messages/offset-commit.ts'
import { pause, type Running, residentMb } from '../../broker.ts'
import type { Setting } from '../shape.ts'
import { KafkaClient } from './client.ts'
import { findCoordinator, LOADS } from './member.ts'
import { rebalanceOf, type Size } from './rebalance.ts'

const TOPICS = 50
const PARTITIONS = 100
const GROUPS = 2000
/** Heartbeats of 500 members at the rate at which 100 send theirs elsewhere. */
const LARGE: Size = { members: 500, partitions: 1000, beat: 0.125 }
const ROUNDS = 4
const TRIES = 500

/** 5,000 partitions and 2,000 groups that have committed: how long it takes to make them, and the broker's memory then. Then a group of 500 members that reads 1,000 partitions. */
export async function many(running: Running, { scale }: Setting): Promise<Record<string, number>> {
  const began = performance.now()
  await populate(running)
  const made = (performance.now() - began) / 1000
  const mb = residentMb(running.pid)
  const times = await rebalanceOf(running, 'bench-many', LARGE, Math.max(2, ROUNDS * scale))
  return { made, ...(mb === null ? {} : { mb }), ...times }
}

/** Makes the partitions and the groups. */
export async function populate(running: Running): Promise<void> {
  const client = await KafkaClient.open(running.address('kafka'))
  for (let n = 0; n < TOPICS; n++) await client.createTopic(nameOf(n), PARTITIONS, {})
  await findCoordinator(client)
  const groups = Array.from({ length: GROUPS }, (_, n) => commit(client, `bench-group-${n}`, nameOf(n % TOPICS)))
  await Promise.all(groups)
  client.close()
}

async function commit(client: KafkaClient, groupId: string, name: string): Promise<void> {
  const partitions = Array.from({ length: PARTITIONS }, (_, partitionIndex) => ({
    partitionIndex,
    committedOffset: 0,
    committedMetadata: '',
  }))
  const request = { groupId, topics: [{ name, partitions }] }
  for (let tries = 0; ; tries++) {
    const { topics } = await client.ask(OffsetCommitRequest, OffsetCommitResponse, 7, request)
    const wrong = topics[0]!.partitions.find(({ errorCode }) => errorCode !== 0)
    if (wrong === undefined) return
    if (!LOADS.has(wrong.errorCode) || tries > TRIES)
      throw new Error(`OffsetCommit of ${groupId}: error ${wrong.errorCode}`)
    await pause(0.02)
  }
}

function nameOf(n: number): string {
  return `bench-many-${n}`
}
