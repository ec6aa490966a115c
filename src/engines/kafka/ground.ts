import { type Clock, machineClock } from '../../sdk/clock.ts'
import type { Logger } from '../../sdk/logger.ts'
import type { Cluster, Lane } from './client/cluster.ts'
import { EitherMembership } from './client/either-membership.ts'
import type { MemberEvents, Membership } from './client/membership.ts'
import { Producer } from './client/producer.ts'
import type { Source } from './client/reader.ts'
import { Routes } from './routes.ts'

/** Something that is closed with the engine. */
export interface Closable {
  close(): Promise<void>
}

/** What the parts of the engine share. */
export class Ground {
  readonly cluster: Cluster
  readonly routes: Routes
  readonly producer: Producer
  readonly log: Logger
  readonly clock: Clock = machineClock
  private readonly open = new Set<Closable>()

  constructor(cluster: Cluster, log: Logger) {
    this.cluster = cluster
    this.log = log
    this.routes = new Routes(cluster)
    this.producer = new Producer(cluster)
  }

  memberOf(lane: Lane, group: string, topics: readonly string[], events: MemberEvents): Membership {
    return new EitherMembership(this.cluster, lane, group, topics, events)
  }

  opened<T extends Closable>(one: T): T {
    this.open.add(one)
    return one
  }

  closed(one: Closable): void {
    this.open.delete(one)
  }

  /** Lets the broker forget what is below. Nobody waits for it: what stays takes room, and no more. */
  deleteRecords({ topic, partition }: Source, offset: number): void {
    const { cluster } = this
    const run = async () => {
      const leader = (await cluster.topic(topic))?.leaders[partition] ?? null
      const partitions = [{ partitionIndex: partition, offset: BigInt(offset) }]
      await cluster.lane.call(leader, 'deleteRecords', [{ name: topic, partitions }], DELETE_MS)
    }
    run().catch((error: unknown) => this.log.warn({ topic, partition, error }, 'consumed messages stay in their topic'))
  }

  async close(): Promise<void> {
    await Promise.all([...this.open].map((one) => one.close()))
    await this.producer.idle()
    await this.cluster.close()
  }
}

const DELETE_MS = 30_000
