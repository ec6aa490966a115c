import type { TopicSpec } from '../../sdk/engine.ts'
import { PosthornError } from '../../sdk/posthorn-error.ts'
import type { Cluster } from './client/cluster.ts'
import { failureOf } from './client/errors.ts'
import type { NewTopic } from './topics.ts'

const CREATE_MS = 30_000
const BY_BROKER = -1

/** Options of a queue or a topic for this engine: `native: { kafka: { partitions: 12, replication: 3, configs: {…} } }`. */
export interface Native {
  /** Of a queue: so many consumers share its work. */
  readonly partitions?: number
  /** Copies of each partition; what the broker says unless given. */
  readonly replication?: number
  readonly configs?: Readonly<Record<string, string>>
}

export function nativeOf(native: Readonly<Record<string, unknown>> | undefined): Native {
  return (native?.kafka ?? {}) as Native
}

/** Makes the topics that are not there, and waits until they can be used. */
export async function createTopics(cluster: Cluster, topics: readonly NewTopic[], native: Native): Promise<void> {
  const missing: NewTopic[] = []
  for (const topic of topics) if ((await cluster.findTopic(topic.name)) === null) missing.push(topic)
  if (missing.length === 0) return
  await cluster.trying(`declaring '${missing[0]!.name}'`, async () => {
    try {
      await cluster.lane.call(
        null,
        'createTopics',
        missing.map(({ name, partitions, configs }) => ({
          name,
          numPartitions: partitions,
          replicationFactor: native.replication ?? BY_BROKER,
          assignments: [],
          configs: Object.entries({ ...configs, ...native.configs }).map(([name, value]) => ({ name, value })),
        })),
        CREATE_MS,
        false,
      )
    } catch (error) {
      // Somebody else has made some of them.
      const { codes } = failureOf(error)
      ;(codes.size > 0 && [...codes].every((code) => code === 'TOPIC_ALREADY_EXISTS')) || raise(error)
    }
  })
  for (const { name } of missing) {
    await cluster.trying(`topic '${name}'`, async () => {
      cluster.forgetTopic(name)
      const facts = await cluster.topic(name)
      if (facts === null || facts.leaders.some((leader) => leader < 0)) {
        throw new PosthornError('UNAVAILABLE', `topic '${name}' is not ready`)
      }
    })
  }
}

function raise(error: unknown): never {
  throw error
}

export async function declareTopic(cluster: Cluster, spec: TopicSpec): Promise<void> {
  const { name, partitions, retentionMs, compact } = spec
  const configs = {
    ...(retentionMs === null ? {} : { 'retention.ms': String(retentionMs) }),
    ...(compact ? { 'cleanup.policy': 'compact' } : {}),
  }
  await createTopics(cluster, [{ name, partitions, configs }], nativeOf(spec.native))
  const has = (await cluster.findTopic(name))?.leaders.length ?? 0
  if (has < partitions) {
    const text = `topic '${name}' has ${has} partitions, and is declared with ${partitions}`
    throw new PosthornError('DECLARED_DIFFERENTLY', text)
  }
}
