import { Backoff } from './backoff.ts'
import { assign, decodeAssignment, decodeTopics, encodeAssignment, encodeTopics } from './classic-protocol.ts'
import type { AnswerOf, ArgumentsOf, Cluster, Lane } from './cluster.ts'
import { failureOf, passes, responseOf, toPosthornError } from './errors.ts'
import type { Apis } from './library.ts'
import type { MemberEvents, Membership, TopicPartition } from './membership.ts'
import type { Member } from './offsets.ts'

const SESSION_TIMEOUT_MS = 45_000
/** How long others may take to give their partitions back; a request to join waits as long. */
const REBALANCE_TIMEOUT_MS = 60_000
const JOIN_TIMEOUT_MS = REBALANCE_TIMEOUT_MS + 10_000
const HEARTBEAT_MS = 1000
const PROTOCOL = 'range'
const TYPE = 'consumer'

/** A member of a group whose leader assigns: what brokers before Kafka 4 have. All give back all before each assignment. */
export class ClassicMembership implements Membership {
  private readonly cluster: Cluster
  private readonly lane: Lane
  private readonly group: string
  private readonly topics: readonly string[]
  private readonly events: MemberEvents
  /** Joining waits for the others: what is committed meanwhile goes by another way. */
  private readonly waiting: Lane
  private id = ''
  private generation = -1
  private owned: TopicPartition[] = []
  private leaving = false
  private looping: Promise<void> | null = null
  private poke: () => void = () => {}

  constructor(cluster: Cluster, lane: Lane, group: string, topics: readonly string[], events: MemberEvents) {
    this.cluster = cluster
    this.lane = lane
    this.waiting = cluster.openLane(JOIN_TIMEOUT_MS)
    this.group = group
    this.topics = topics
    this.events = events
  }

  get member(): Member {
    return { group: this.group, id: this.id, epoch: this.generation }
  }

  async join(): Promise<void> {
    await this.cluster.trying(`joining group '${this.group}'`, () => this.joinOnce())
    this.looping = this.loop()
  }

  async leave(): Promise<void> {
    this.leaving = true
    this.poke()
    await this.looping
    // Whoever does not hear of it notices by the missing heartbeats.
    if (this.id !== '' && !this.cluster.closed) {
      await this.at(this.lane, 'leaveGroup', this.group, [{ memberId: this.id }]).catch(() => {})
    }
    await this.waiting.close()
  }

  private async loop(): Promise<void> {
    const backoff = new Backoff()
    let joined = true
    while (!this.leaving) {
      try {
        if (joined) await this.wait()
        if (this.leaving) return
        if (joined) await this.at(this.lane, 'heartbeat', this.group, this.generation, this.id)
        else await this.joinOnce()
        joined = true
        backoff.reset()
      } catch (error) {
        if (this.cluster.closed) return
        const { codes } = failureOf(error)
        if (codes.has('REBALANCE_IN_PROGRESS')) {
          joined = false
          await this.giveBack()
          continue
        }
        const lost = ['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'FENCED_INSTANCE_ID'].some((code) => codes.has(code))
        if (lost) {
          joined = false
          this.forget(codes.has('UNKNOWN_MEMBER_ID'))
        } else if (!passes(error)) {
          this.events.ended(toPosthornError(error, `group '${this.group}'`))
          return
        }
        await backoff.pause()
      }
    }
  }

  private wait(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, HEARTBEAT_MS)
      this.poke = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  /** The member's progress is kept as long as it is still of the generation before; its heartbeats go on meanwhile. */
  private async giveBack(): Promise<void> {
    const going = this.owned
    if (going.length === 0) return
    const beat = setInterval(() => {
      this.at(this.lane, 'heartbeat', this.group, this.generation, this.id).catch(() => {})
    }, HEARTBEAT_MS)
    try {
      await this.events.revoked(going)
    } finally {
      clearInterval(beat)
    }
    this.owned = []
  }

  private forget(unknown: boolean): void {
    const { owned } = this
    this.owned = []
    this.generation = -1
    if (unknown) this.id = ''
    this.events.lost(owned)
  }

  private async joinOnce(): Promise<void> {
    const joined = await this.ask()
    this.id = joined.memberId ?? this.id
    const leads = joined.leader === this.id
    const assignments = leads ? await this.assignments(joined.members) : []
    const { assignment } = await this.at(
      this.waiting,
      'syncGroup',
      this.group,
      joined.generationId,
      this.id,
      null,
      TYPE,
      PROTOCOL,
      assignments,
    )
    this.generation = joined.generationId
    const own = decodeAssignment(assignment)
    if (own.length > 0) await this.events.assigned(own)
    this.owned = own
  }

  /** A new member is given an id first. */
  private async ask(): Promise<AnswerOf<Apis['joinGroup']>> {
    const protocols = [{ name: PROTOCOL, metadata: encodeTopics(this.topics) }]
    for (;;) {
      try {
        return await this.at(
          this.waiting,
          'joinGroup',
          this.group,
          SESSION_TIMEOUT_MS,
          REBALANCE_TIMEOUT_MS,
          this.id,
          null,
          TYPE,
          protocols,
          null,
        )
      } catch (error) {
        const given = responseOf<AnswerOf<Apis['joinGroup']>>(error)?.memberId ?? ''
        if (!failureOf(error).codes.has('MEMBER_ID_REQUIRED') || given === '' || this.id !== '') throw error
        this.id = given
      }
    }
  }

  private async assignments(members: AnswerOf<Apis['joinGroup']>['members']) {
    const wanted = members.map(({ memberId, metadata }) => ({ id: memberId, topics: decodeTopics(metadata) }))
    const counts = new Map<string, number>()
    for (const name of new Set(wanted.flatMap(({ topics }) => topics))) {
      counts.set(name, (await this.cluster.topic(name))?.leaders.length ?? 0)
    }
    return [...assign(wanted, counts)].map(([memberId, own]) => ({ memberId, assignment: encodeAssignment(own) }))
  }

  private at<Name extends 'joinGroup' | 'syncGroup' | 'heartbeat' | 'leaveGroup'>(
    lane: Lane,
    name: Name,
    ...args: ArgumentsOf<Apis[Name]>
  ) {
    return this.cluster.atCoordinator(lane, 'group', this.group, name, ...args)
  }
}
