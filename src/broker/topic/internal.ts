import { createTopic } from './create.ts'
import { OFFSETS_TOPIC, TRANSACTIONS_TOPIC } from './name.ts'
import type { Topics } from './topics.ts'

/*
 * Kafka keeps what groups have committed, and how far transactions are, in topics of its own, which come into being when they are first needed. Clients see them: they
 * leave them out of subscriptions by name, and list them apart. Here both facts are in the journal itself, so these topics are there, and empty.
 */

const SEGMENT_BYTES = '104857600'
const PARTITIONS = 50

/** Their settings, which are Kafka's. */
const CONFIGS: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map([
  [
    OFFSETS_TOPIC,
    new Map([
      ['cleanup.policy', 'compact'],
      ['compression.type', 'producer'],
      ['segment.bytes', SEGMENT_BYTES],
    ]),
  ],
  [
    TRANSACTIONS_TOPIC,
    new Map([
      ['cleanup.policy', 'compact'],
      ['compression.type', 'uncompressed'],
      ['min.insync.replicas', '1'],
      ['segment.bytes', SEGMENT_BYTES],
      ['unclean.leader.election.enable', 'false'],
    ]),
  ],
])

/** Makes one of them if it is not there yet. Nothing depends on it: on a full disk it comes later. */
export function ensureInternal(topics: Topics, name: typeof OFFSETS_TOPIC | typeof TRANSACTIONS_TOPIC): void {
  if (!topics.byName.has(name)) createTopic(topics, { name, partitions: PARTITIONS, configs: CONFIGS.get(name)! })
}
