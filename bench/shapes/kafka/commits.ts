import { OffsetCommitRequest, OffsetCommitResponse } from '../../../src/wire/kafka/messages/offset-commit.ts'
import { pause, type Running } from '../../broker.ts'
import { perSecond, type Setting } from '../shape.ts'
import { decoded, encoded, KafkaClient } from './client.ts'
import { findCoordinator, LOADS } from './member.ts'

const TOPIC = 'bench-commits'
const PARTITIONS = 100
const GROUPS = 100
const VERSION = 7
const CONNECTIONS = 4
/** Requests of a connection that are not answered yet. */
const IN_FLIGHT = 64
const TRIES = 500

/** Offsets that 100 groups commit over and over, one in a request, then a hundred: how many a second. */
export async function commits(running: Running, { seconds }: Setting): Promise<Record<string, number>> {
  const clients: KafkaClient[] = []
  for (let n = 0; n < CONNECTIONS; n++) clients.push(await KafkaClient.open(running.address('kafka')))
  await clients[0]!.createTopic(TOPIC, PARTITIONS, {})
  await findCoordinator(clients[0]!)
  const figures: Record<string, number> = {}
  for (const [name, many] of [
    ['one', 1],
    ['hundred', 100],
  ] as const) {
    const requests = Array.from({ length: GROUPS }, (_, n) => requestOf(`bench-commits-${n}`, many))
    const good = await firstOf(clients[0]!, requests)
    const began = performance.now()
    const until = began + seconds * 1000
    const counts = await Promise.all(clients.map((client) => commitUntil(until, client, requests, good)))
    figures[name] = perSecond(counts.reduce((sum, count) => sum + count, 0) * many, began)
  }
  for (const client of clients) client.close()
  return figures
}

function requestOf(groupId: string, many: number): Uint8Array {
  const partitions = Array.from({ length: many }, (_, partitionIndex) => ({
    partitionIndex,
    committedOffset: 1,
    committedMetadata: '',
  }))
  return encoded(OffsetCommitRequest, VERSION, { groupId, topics: [{ name: TOPIC, partitions }] })
}

/** Commits once for each group; what is answered is the same for all, and is what every later answer has to be. */
async function firstOf(client: KafkaClient, requests: readonly Uint8Array[]): Promise<Buffer> {
  let good: Buffer | null = null
  for (const request of requests) {
    for (let tries = 0; ; tries++) {
      good = await client.send(request)
      const { topics } = decoded(OffsetCommitResponse, VERSION, good)
      const wrong = topics[0]!.partitions.find(({ errorCode }) => errorCode !== 0)
      if (wrong === undefined) break
      if (!LOADS.has(wrong.errorCode) || tries > TRIES) throw new Error(`OffsetCommit: error ${wrong.errorCode}`)
      await pause(0.02)
    }
  }
  return good!
}

async function commitUntil(
  until: number,
  client: KafkaClient,
  requests: readonly Uint8Array[],
  good: Buffer,
): Promise<number> {
  let [next, count] = [0, 0]
  const lane = async () => {
    while (performance.now() < until) {
      const answer = await client.send(requests[next++ % requests.length]!)
      if (!answer.equals(good)) throw new Error('OffsetCommit: an answer is not as the first ones')
      count++
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane))
  return count
}
