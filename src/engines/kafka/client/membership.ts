import { randomUUID } from 'node:crypto'
import type { PosthornError } from '../../../sdk/posthorn-error.ts'
import { Backoff } from './backoff.ts'
import type { Cluster, Lane } from './cluster.ts'
import { failureOf, passes, toPosthornError } from './errors.ts'
import type { Member } from './offsets.ts'

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** What a group tells its member. One after the other, and each is waited for. */
export interface MemberEvents {
  /** These are the member's from now on. */
  assigned(partitions: readonly TopicPartition[]): Promise<void>
  /** These are to go to others; they get them when the promise resolves. */
  revoked(partitions: readonly TopicPartition[]): Promise<void>
  /** These have gone to others already. */
  lost(partitions: readonly TopicPartition[]): void
  ended(error: PosthornError): void
}

/** A member of a group. */
export interface Membership {
  readonly member: Member
  /** Resolves when it knows what is its own for now. */
  join(): Promise<void>
  leave(): Promise<void>
}

/** How long others may take to give their partitions back. */
const REBALANCE_TIMEOUT_MS = 60_000
/** Heartbeats come more often than they have to: changes of the group are heard of sooner. */
const HEARTBEAT_MS = 1000
/** How long a new member waits for its first partitions: others may have to give them back. */
const FIRST_WAIT_MS = 1500
/** As long as it waits it asks more often. */
const FIRST_HEARTBEAT_MS = 100
const LEAVING = -1

/** A member of a group that the broker itself assigns (KIP-848; Kafka 4, and 3.7 with the preview). */
export class ModernMembership implements Membership {
  private readonly cluster: Cluster
  private readonly lane: Lane
  private readonly group: string
  private readonly topics: readonly string[]
  private readonly events: MemberEvents
  private readonly id = randomUUID()
  private epoch = 0
  private owned: TopicPartition[] = []
  private target: TopicPartition[] | null = null
  private reconciling: Promise<void> | null = null
  private joining = true
  private leaving = false
  private looping: Promise<void> | null = null
  private poke: () => void = () => {}
  private intervalMs = HEARTBEAT_MS
  private settled: () => void = () => {}

  constructor(cluster: Cluster, lane: Lane, group: string, topics: readonly string[], events: MemberEvents) {
    this.cluster = cluster
    this.lane = lane
    this.group = group
    this.topics = topics
    this.events = events
  }

  get member(): Member {
    return { group: this.group, id: this.id, epoch: this.epoch }
  }

  async join(): Promise<void> {
    const first = new Promise<void>((resolve) => {
      this.settled = resolve
    })
    await this.cluster.trying(`joining group '${this.group}'`, () => this.beat())
    this.looping = this.loop()
    const timer = setTimeout(this.settled, FIRST_WAIT_MS)
    await first
    this.joining = false
    clearTimeout(timer)
  }

  async leave(): Promise<void> {
    this.leaving = true
    this.poke()
    await this.looping
    await this.reconciling
    if (this.epoch <= 0 || this.cluster.closed) return
    this.epoch = LEAVING
    // Whoever does not hear of it notices by the missing heartbeats.
    await this.send().catch(() => {})
  }

  private async loop(): Promise<void> {
    const backoff = new Backoff()
    while (!this.leaving) {
      try {
        await this.wait()
        if (this.leaving) return
        await this.beat()
        backoff.reset()
      } catch (error) {
        if (this.cluster.closed) return
        if (this.isFenced(error)) await this.rejoin()
        else if (!passes(error)) {
          this.events.ended(toPosthornError(error, `group '${this.group}'`))
          return
        }
        await backoff.pause()
      }
    }
  }

  private wait(): Promise<void> {
    return new Promise((resolve) => {
      const waits = this.joining ? FIRST_HEARTBEAT_MS : HEARTBEAT_MS
      const timer = setTimeout(resolve, Math.min(this.intervalMs, waits))
      this.poke = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  private async beat(): Promise<void> {
    const { memberEpoch, heartbeatIntervalMs, assignment } = await this.send()
    if (this.leaving) return
    this.epoch = memberEpoch
    this.intervalMs = heartbeatIntervalMs
    if (assignment != null) this.target = await this.named(assignment.topicPartitions)
    this.reconcile()
  }

  private async send() {
    const owned: { topicId: string; partitions: number[] }[] = []
    for (const name of this.topics) {
      const partitions = this.owned.filter(({ topic }) => topic === name).map(({ partition }) => partition)
      const facts = partitions.length === 0 ? null : await this.cluster.topic(name)
      if (facts !== null) owned.push({ topicId: facts.id, partitions })
    }
    return this.cluster.atCoordinator(
      this.lane,
      'group',
      this.group,
      'consumerGroupHeartbeat',
      this.group,
      this.id,
      this.epoch,
      null,
      null,
      REBALANCE_TIMEOUT_MS,
      [...this.topics],
      null,
      null,
      owned,
    )
  }

  private async named(
    assigned: readonly { readonly topicId: string; readonly partitions: readonly number[] }[],
  ): Promise<TopicPartition[]> {
    const found: TopicPartition[] = []
    for (const name of this.topics) {
      const id = (await this.cluster.topic(name))?.id
      const own = assigned.find(({ topicId }) => topicId === id)
      for (const partition of own?.partitions ?? []) found.push({ topic: name, partition })
    }
    return found
  }

  /** Brings what it has to what it should have: first gives back, then tells the broker, which gives the rest. */
  private reconcile(): void {
    if (this.reconciling !== null || this.target === null) return
    const { target, owned } = this
    const going = owned.filter((one) => !includes(target, one))
    const coming = going.length > 0 ? [] : target.filter((one) => !includes(owned, one))
    if (going.length === 0 && coming.length === 0) {
      if (owned.length > 0) this.settled()
      return
    }
    const run = async () => {
      if (going.length > 0) {
        await this.events.revoked(going)
        this.owned = this.owned.filter((one) => !includes(going, one))
      } else {
        await this.events.assigned(coming)
        if (this.owned === owned) this.owned = [...owned, ...coming]
      }
    }
    this.reconciling = run().then(
      () => {
        this.reconciling = null
        if (going.length === 0) this.settled()
        this.poke()
        // The rest may be known already.
        if (!this.leaving) this.reconcile()
      },
      (error: unknown) => {
        this.reconciling = null
        this.events.ended(toPosthornError(error, `group '${this.group}'`))
      },
    )
  }

  private isFenced(error: unknown): boolean {
    const { codes } = failureOf(error)
    return ['FENCED_MEMBER_EPOCH', 'UNKNOWN_MEMBER_ID', 'STALE_MEMBER_EPOCH'].some((code) => codes.has(code))
  }

  /** The group has given its partitions away. */
  private async rejoin(): Promise<void> {
    await this.reconciling
    const { owned } = this
    this.epoch = 0
    this.owned = []
    this.target = null
    this.events.lost(owned)
  }
}

function includes(all: readonly TopicPartition[], one: TopicPartition): boolean {
  return all.some(({ topic, partition }) => topic === one.topic && partition === one.partition)
}
