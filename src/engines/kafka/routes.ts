import type { Headers, OutgoingMessage, OutgoingRecord } from '../../sdk/engine.ts'
import { PosthornError } from '../../sdk/posthorn-error.ts'
import { EXPIRES_AT, NOT_BEFORE, SENT_AT } from '../../sdk/wire-names.ts'
import { partitionOf } from '../../std/murmur2.ts'
import type { Cluster, TopicFacts } from './client/cluster.ts'
import type { Outgoing } from './client/records.ts'
import { bucketOf, laterOf } from './topics.ts'

/** Finds the partitions of what is sent. */
export class Routes {
  private readonly cluster: Cluster
  /** Records without a key go round. */
  private spread = 0

  constructor(cluster: Cluster) {
    this.cluster = cluster
  }

  /** Null for a reply that nobody waits for any more. */
  async message(message: OutgoingMessage): Promise<Outgoing | null> {
    const { to, address, notBefore, key } = message
    const now = Date.now()
    const delayMs = notBefore === null ? 0 : notBefore - now
    if (to === 'reply') {
      if ((await this.cluster.topic(address)) === null) return null
      return { ...this.record(message, now), topic: address, partition: 0 }
    }
    if (delayMs > 0)
      return {
        ...this.record(message, now),
        topic: laterOf(address),
        partition: bucketOf(delayMs),
      }
    const partition = this.known(address, key) ?? (await this.partition('queue', address, key))
    return { ...this.record(message, now), topic: address, partition }
  }

  async published({ topic, key, body, headers, partition, timestamp }: OutgoingRecord): Promise<Outgoing> {
    const number = partition ?? this.known(topic, key) ?? (await this.partition('topic', topic, key))
    return { topic, partition: number, key, body, headers, timestamp }
  }

  async all(messages: readonly OutgoingMessage[], records: readonly OutgoingRecord[]): Promise<Outgoing[]> {
    const all: Outgoing[] = []
    for (const message of messages) {
      const record = await this.message(message)
      if (record !== null) all.push(record)
    }
    for (const record of records) all.push(await this.published(record))
    return all
  }

  private record({ body, headers, key, notBefore, expiresAt }: OutgoingMessage, now: number) {
    return {
      key,
      body,
      headers: withTimes(headers, notBefore, expiresAt),
      timestamp: Number(headers[SENT_AT] ?? now),
    }
  }

  private async partition(what: 'queue' | 'topic', name: string, key: string | null): Promise<number> {
    const facts = await this.cluster.topic(name)
    if (facts === null) throw new PosthornError('NOT_FOUND', `there is no ${what} '${name}'`)
    return this.choose(facts, key)
  }

  /** Null if it has to be asked for. */
  private known(name: string, key: string | null): number | null {
    const facts = this.cluster.known(name)
    return facts === null ? null : this.choose(facts, key)
  }

  private choose({ leaders: { length } }: TopicFacts, key: string | null): number {
    return key === null ? this.spread++ % length : partitionOf(Buffer.from(key), length)
  }
}

/** Headers as they are, unless they have to say something else of the message's times. */
function withTimes(headers: Headers, notBefore: number | null, expiresAt: number | null): Headers {
  const due = notBefore === null ? undefined : String(notBefore)
  const expiry = expiresAt === null ? undefined : String(expiresAt)
  if (headers[NOT_BEFORE] === due && headers[EXPIRES_AT] === expiry) return headers
  const { [EXPIRES_AT]: _expired, [NOT_BEFORE]: _due, ...kept } = headers
  return {
    ...kept,
    ...(expiry === undefined ? {} : { [EXPIRES_AT]: expiry }),
    ...(due === undefined ? {} : { [NOT_BEFORE]: due }),
  }
}
