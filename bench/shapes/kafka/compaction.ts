import { DescribeLogDirsRequest, DescribeLogDirsResponse } from '../../../src/wire/kafka/messages/describe-log-dirs.ts'
import { ProduceRequest, ProduceResponse } from '../../../src/wire/kafka/messages/produce.ts'
import { pause, type Running } from '../../broker.ts'
import { quantile, type Setting } from '../shape.ts'
import { Batch } from './batch.ts'
import { decoded, encoded, KafkaClient } from './client.ts'

const TABLE = 'bench-table'
const LIVE = 'bench-live'
const BYTES = 512e6
/** Every key comes many times, and in no order. */
const KEYS = 2000
const STRIDE = 7919
const BATCH = { count: 64, size: 1000 }
const IN_FLIGHT = 5
const SEGMENT = 4 * 1024 * 1024
/** Between two records of the live traffic, and between two looks at the log's size. */
const EVERY = 0.002
const LOOK = 0.05
/** A log that has not changed for so long, and is small, is clean. */
const QUIET_MS = 2000
const PATIENCE_MS = 90_000

/**
 * A log of records with 2,000 keys that may not be compacted, then may: how many of its bytes a second are gone through until only the last of
 * each key is left, and how long 500 records a second on another topic wait for their answers, before and meanwhile.
 */
export async function compaction(running: Running, { scale, seconds }: Setting): Promise<Record<string, number>> {
  const [client, other] = [await open(running), await open(running)]
  await client.alterConfigs('broker', '', { 'log.cleaner.backoff.ms': '100' })
  await client.createTopic(LIVE, 1, {})
  await client.createTopic(TABLE, 1, {
    ...{ 'cleanup.policy': 'compact', 'segment.bytes': String(SEGMENT), 'min.cleanable.dirty.ratio': '0.01' },
    ...{ 'min.compaction.lag.ms': '600000', 'max.compaction.lag.ms': '86400000' },
  })
  await fill(client, BYTES * scale)
  const full = await sizeOf(client)
  const traffic = new Traffic(other)
  await pause(seconds)
  const before = traffic.taken()
  const began = performance.now()
  await client.alterConfigs('topic', TABLE, { 'min.compaction.lag.ms': '0' })
  const { at, size } = await compacted(client, full)
  const during = traffic.taken(at)
  await traffic.stop()
  client.close()
  other.close()
  return {
    mb: full / 1000 / (at - began),
    left: size / full,
    'before.p50': quantile(before, 0.5),
    'before.p99': quantile(before, 0.99),
    'during.p50': quantile(during, 0.5),
    'during.p99': quantile(during, 0.99),
  }
}

function open(running: Running): Promise<KafkaClient> {
  return KafkaClient.open(running.address('kafka'))
}

async function produce(client: KafkaClient, topic: string, batch: Batch): Promise<void> {
  const topicData = [{ name: topic, partitionData: [{ index: 0, records: batch.sealed() }] }]
  const request = encoded(ProduceRequest, 9, { transactionalId: null, acks: -1, timeoutMs: 30_000, topicData })
  const told = decoded(ProduceResponse, 9, await client.send(request))
  const { errorCode } = told.responses[0]!.partitionResponses[0]!
  if (errorCode !== 0) throw new Error(`${topic}: error ${errorCode}`)
}

async function fill(client: KafkaClient, bytes: number): Promise<void> {
  const batch = new Batch(BATCH.count, BATCH.size)
  const lanes: Promise<void>[] = []
  let next = 0
  for (let sent = 0; sent < bytes; sent += batch.bytes.length) {
    if (lanes.length === IN_FLIGHT) await lanes.shift()
    batch.setKeys((i) => ((next + i) * STRIDE) % KEYS)
    next += batch.count
    lanes.push(produce(client, TABLE, batch))
  }
  await Promise.all(lanes)
}

async function sizeOf(client: KafkaClient): Promise<number> {
  const request = { topics: [{ topic: TABLE, partitions: [0] }] }
  const told = await client.ask(DescribeLogDirsRequest, DescribeLogDirsResponse, 4, request)
  return told.results[0]!.topics[0]!.partitions[0]!.partitionSize
}

/** When the log had become as small as it gets, and how small. */
async function compacted(client: KafkaClient, full: number): Promise<{ at: number; size: number }> {
  const began = performance.now()
  let [at, size] = [began, full]
  for (;;) {
    await pause(LOOK)
    const now = await sizeOf(client)
    if (now !== size) {
      at = performance.now()
      size = now
    }
    const quiet = performance.now() - at > QUIET_MS
    if (size < full / 2 && quiet) return { at, size }
    if (performance.now() - began > PATIENCE_MS) throw new Error(`not compacted: ${size} of ${full} bytes are left`)
  }
}

/** A record every two milliseconds, and how long each waits for its answer. */
class Traffic {
  private readonly client: KafkaClient
  private readonly batch = new Batch(1, 100)
  private samples: { readonly sent: number; readonly ms: number }[] = []
  private going = true
  private readonly done: Promise<void>

  constructor(client: KafkaClient) {
    this.client = client
    this.done = this.go()
    this.done.catch(() => {})
  }

  /** Milliseconds of what was sent since the last call, up to an instant. */
  taken(until = Number.POSITIVE_INFINITY): number[] {
    const { samples } = this
    this.samples = []
    return samples.filter(({ sent }) => sent <= until).map(({ ms }) => ms)
  }

  stop(): Promise<void> {
    this.going = false
    return this.done
  }

  private async go(): Promise<void> {
    const lanes: Promise<void>[] = []
    while (this.going) {
      const sent = performance.now()
      const one = produce(this.client, LIVE, this.batch).then(() => {
        this.samples.push({ sent, ms: performance.now() - sent })
      })
      one.catch(() => {})
      lanes.push(one)
      if (lanes.length > 1000) await lanes.shift()
      await pause(EVERY)
    }
    await Promise.all(lanes)
  }
}
