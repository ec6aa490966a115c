import { checkNow } from '../../broker/contract/check-batch.ts'
import { isUnderContract, underContract } from '../../broker/contract/check-message.ts'
import { keepMessage, roomForKeeps } from '../../broker/exchange/keep.ts'
import { isFull } from '../../broker/queue/limits.ts'
import type { Message } from '../../broker/queue/message.ts'
import { publish, roomFor } from '../../broker/queue/publish.ts'
import { journalSettlements, settlementBytes } from '../../broker/queue/queue-facts.ts'
import { putBatch } from '../../broker/topic/append.ts'
import type { Topic } from '../../broker/topic/topic.ts'
import type { Keep } from '../../core/exchange/router.ts'
import type { Partition } from '../../core/partition/partition.ts'
import type { Queue } from '../../core/queue/queue.ts'
import type { OutgoingMessage, OutgoingRecord, RecordPlace } from '../../sdk/engine.ts'
import { PosthornError } from '../../sdk/posthorn-error.ts'
import { FAILURES } from '../../sdk/wire-names.ts'
import { partitionOf } from '../../std/murmur2.ts'
import { encodeMessage } from './amqp-message.ts'
import { DELAYED_EXCHANGE, delayedExchange, findQueue } from './declare.ts'
import { type Ground, NO_ROOM } from './ground.ts'
import { encodeBatch } from './record-batch.ts'
import { checkTakes } from './topic-limits.ts'

/** What a record takes in the journal beside its payload. */
const RECORD = 64

interface PlannedMessage {
  readonly message: Message
  readonly queues: Queue[]
  /** Those whose contract is asked: also where it only goes there later. */
  readonly asked: Queue[]
  readonly keeps: readonly Keep[]
}

interface PlannedBatch {
  readonly topic: Topic
  readonly partition: Partition
  readonly bytes: Uint8Array
  /** Which of the records these are. */
  readonly indexes: readonly number[]
}

/** What is stored in one journal entry. */
export interface Plan {
  readonly messages: readonly PlannedMessage[]
  readonly batches: readonly PlannedBatch[]
  /** Bytes of journal that it takes at most. */
  readonly room: number
}

/** Encodes messages and records, and finds where they go. Keyless records go round from `spread` on. */
export function plan(
  ground: Ground,
  messages: readonly OutgoingMessage[],
  records: readonly OutgoingRecord[],
  spread: () => number,
): Plan {
  const planned = messages.flatMap((message) => planMessage(ground, message) ?? [])
  const batches = planBatches(ground, records, spread)
  let room = 0
  for (const { message, queues, keeps } of planned) {
    const length = message.keysLength + message.contentLength
    room += roomFor(length, queues) + roomForKeeps(keeps, [], length) + RECORD
  }
  for (const { bytes } of batches) room += bytes.length + RECORD
  return { messages: planned, batches, room }
}

/** Null for a reply that nobody waits for any more. */
function planMessage(ground: Ground, outgoing: OutgoingMessage): PlannedMessage | null {
  const { broker } = ground
  const { address, notBefore, expiresAt, body } = outgoing
  if (body.length > broker.options.maxMessageSize) {
    const text = `a message to queue '${address}' has ${body.length} bytes; the most is ${broker.options.maxMessageSize}`
    throw new PosthornError('TOO_LARGE', text)
  }
  const now = broker.env.clock.now()
  const delayMs = notBefore === null ? 0 : Math.max(0, notBefore - now)
  const queue = outgoing.to === 'queue' ? findQueue(ground, address) : (ground.vhost.queues.get(address) ?? null)
  if (queue === null) return null
  const ttlMs = expiresAt === null ? null : Math.max(0, expiresAt - Math.max(now, notBefore ?? now))
  const delayed = delayMs > 0
  const routing = {
    exchange: delayed ? DELAYED_EXCHANGE : '',
    key: address,
    ttlMs,
    delayMs,
    persistent: outgoing.to === 'queue',
  }
  const message = encodeMessage(outgoing, routing, now)
  const keeps = delayed ? [{ exchange: delayedExchange(ground), delay: delayMs }] : []
  // What has failed here is no news: a contract that has changed since must not keep it from its retry, nor from the dead letters.
  const isNew = outgoing.to === 'queue' && !Object.hasOwn(outgoing.headers, FAILURES)
  return { message, queues: delayed ? [] : [queue], asked: isNew ? [queue] : [], keeps }
}

function planBatches(ground: Ground, records: readonly OutgoingRecord[], spread: () => number): PlannedBatch[] {
  if (records.length === 0) return []
  const groups = new Map<Partition, { topic: Topic; indexes: number[] }>()
  for (const [index, record] of records.entries()) {
    const topic = ground.nouns.topics.byName.get(record.topic)
    if (topic === undefined) throw new PosthornError('NOT_FOUND', `there is no topic '${record.topic}'`)
    const count = topic.partitions.length
    const number =
      record.partition ?? (record.key === null ? spread() % count : partitionOf(Buffer.from(record.key), count))
    const partition = topic.partitions[number]
    if (partition === undefined) {
      throw new PosthornError('NOT_FOUND', `topic '${record.topic}' has ${count} partitions, and none is ${number}`)
    }
    const group = groups.get(partition)
    if (group === undefined) groups.set(partition, { topic, indexes: [index] })
    else group.indexes.push(index)
  }
  return [...groups].map(([partition, { topic, indexes }]) => {
    const bytes = encodeBatch(indexes.map((index) => records[index]!))
    checkTakes(
      ground,
      topic,
      bytes,
      indexes.every((index) => records[index]!.key !== null),
    )
    return { topic, partition, bytes, indexes }
  })
}

/** What came of it. */
export interface Committed {
  /** Of each message that is kept until it is due: its number with the exchange, else -1. */
  readonly kept: readonly number[]
  /** By the index of the record. */
  readonly places: readonly RecordPlace[]
}

/**
 * Does all of it at once, and `settle`, which takes `more` bytes, with it: what a synchronous step appends to the journal is one entry. NO_ROOM if it has to wait, and then nothing
 * has happened.
 */
export function commit(
  ground: Ground,
  { messages, batches, room: needed }: Plan,
  settle: (() => void) | null,
  more = 0,
): Committed | typeof NO_ROOM {
  const { broker, nouns } = ground
  const { longest } = broker.store.journal
  const room = needed + more
  const all = room + (settle === null ? 0 : settlementBytes(2, 2))
  if (all > longest) {
    throw new PosthornError('TOO_LARGE', `what is stored at once takes ${all} bytes; the most is ${longest}`)
  }
  // Settling frees more than it takes: with nothing to send it may use the reserve.
  if (!(room === 0 ? broker.hasRoomForSettlement(all) : broker.hasRoom(all))) return NO_ROOM
  // Everything that can be wrong is found out before anything is done.
  for (const { queues, asked, message } of messages) {
    if (queues.some(isFull)) throw new PosthornError('UNAVAILABLE', `queue '${queues[0]!.name}' is full`)
    if (!isUnderContract(broker, null, asked)) continue
    if (!underContract(broker, ground.vhost.name, null, asked, message, 'nack').refused) continue
    const { why } = broker.contracts.tally(asked[0]!)
    throw new PosthornError('REFUSED', `queue '${asked[0]!.name}' has a contract that the message breaks: ${why}`)
  }
  for (const { topic, bytes } of batches) {
    if (topic.settings.contract === null) continue
    const { refused } = checkNow(nouns.topics, topic, topic.settings.contract, bytes)
    if (refused.length > 0) throw new PosthornError('REFUSED', `topic '${topic.name}': ${refused[0]!.why}`)
  }
  const kept = messages.map(({ message, queues, keeps }) => {
    const sequence = keeps.length === 0 ? -1 : broker.kept.get(keeps[0]!.exchange.id)!.index.tail
    keepMessage(broker, keeps, [], message)
    if (queues.length > 0) publish(broker, queues, message)
    return sequence
  })
  const places: RecordPlace[] = []
  for (const { topic, partition, bytes, indexes } of batches) {
    const { appendTime } = topic.settings
    const base = putBatch(nouns.topics, partition, bytes, 0, bytes.length, appendTime, broker.env.clock.now())
    for (const [delta, index] of indexes.entries())
      places[index] = { partition: partition.number, offset: base + delta }
  }
  if (settle !== null) {
    settle()
    journalSettlements(broker)
  }
  return { kept, places }
}
