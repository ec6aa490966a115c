import { ClassicMembership } from './classic-membership.ts'
import type { Cluster, Lane } from './cluster.ts'
import { failureOf } from './errors.ts'
import { type MemberEvents, type Membership, ModernMembership } from './membership.ts'
import type { Member } from './offsets.ts'

/** A member of a group by the newest protocol that the broker has. */
export class EitherMembership implements Membership {
  private readonly cluster: Cluster
  private readonly modern: ModernMembership
  private readonly classic: () => ClassicMembership
  private chosen: Membership

  constructor(cluster: Cluster, lane: Lane, group: string, topics: readonly string[], events: MemberEvents) {
    this.cluster = cluster
    this.modern = new ModernMembership(cluster, lane, group, topics, events)
    this.classic = () => new ClassicMembership(cluster, lane, group, topics, events)
    this.chosen = this.modern
  }

  get member(): Member {
    return this.chosen.member
  }

  async join(): Promise<void> {
    const { cluster } = this
    const understood = await cluster.trying('asking what the broker understands', () =>
      cluster.has('consumerGroupHeartbeat'),
    )
    if (understood && cluster.options.groupProtocol === 'consumer') {
      try {
        await this.modern.join()
        return
      } catch (error) {
        // Kafka 3.7 to 3.9 know it, and have it switched off.
        if (!failureOf(error).codes.has('UNSUPPORTED_VERSION')) throw error
      }
    }
    this.chosen = this.classic()
    await this.chosen.join()
  }

  leave(): Promise<void> {
    return this.chosen.leave()
  }
}
