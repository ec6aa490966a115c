import type { Headers, OutgoingMessage, OutgoingRecord } from '../../sdk/engine.ts'
import { allThere, type MaybeLater, whenThere } from '../../sdk/later.ts'
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
  message(message: OutgoingMessage): MaybeLater<Outgoing | null> {
    const { to, address, notBefore, key } = message
    const now = Date.now()
    const delayMs = notBefore === null ? 0 : notBefore - now
    if (to === 'reply') {
      const reply = recordOf(message, address, 0, now)
      return this.cluster.findTopic(address).then((facts) => (facts === null ? null : reply))
    }
    if (delayMs > 0) return recordOf(message, laterOf(address), bucketOf(delayMs), now)
    const partition = this.known(address, key) ?? this.partition('queue', address, key)
    return whenThere(partition, (partition) => recordOf(message, address, partition, now))
  }

  published({ topic, key, body, headers, partition, timestamp }: OutgoingRecord): MaybeLater<Outgoing> {
    const number = partition ?? this.known(topic, key) ?? this.partition('topic', topic, key)
    return whenThere(number, (partition) => ({ topic, partition, key, body, headers, timestamp }))
  }

  async all(messages: readonly OutgoingMessage[], records: readonly OutgoingRecord[]): Promise<Outgoing[]> {
    const routed = await allThere(messages.map((message) => this.message(message)))
    const published = await allThere(records.map((record) => this.published(record)))
    return [...routed.filter((record) => record !== null), ...published]
  }

  private async partition(what: 'queue' | 'topic', name: string, key: string | null): Promise<number> {
    const facts = await this.cluster.findTopic(name)
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

function recordOf(
  { body, headers, key, notBefore, expiresAt }: OutgoingMessage,
  topic: string,
  partition: number,
  now: number,
): Outgoing {
  const timestamp = Number(headers[SENT_AT] ?? now)
  return { topic, partition, key, body, headers: withTimes(headers, notBefore, expiresAt), timestamp }
}

/** Headers as they are, unless they have to say something else of the message's times. */
function withTimes(headers: Headers, notBefore: number | null, expiresAt: number | null): Headers {
  if (
    notBefore === null &&
    expiresAt === null &&
    headers[NOT_BEFORE] === undefined &&
    headers[EXPIRES_AT] === undefined
  )
    return headers
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
