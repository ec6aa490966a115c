import { randomUUID } from 'node:crypto'
import type { Effects, OutgoingMessage, OutgoingRecord } from '../../sdk/engine.ts'
import { PosthornError } from '../../sdk/posthorn-error.ts'
import { Backoff } from './client/backoff.ts'
import type { Cluster, Lane } from './client/cluster.ts'
import { failureOf, isUnanswered, passes, toPosthornError } from './client/errors.ts'
import { type Committed, commitOffsets, type Member } from './client/offsets.ts'
import type { Outgoing } from './client/records.ts'
import { Transactor } from './client/transactor.ts'
import type { Routes } from './routes.ts'

/** The member, or its transaction, is out of date: what it is now may succeed. */
const OUTDATED = [
  'FENCED_INSTANCE_ID',
  'FENCED_MEMBER_EPOCH',
  'ILLEGAL_GENERATION',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
  'INVALID_TXN_STATE',
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'PRODUCER_FENCED',
  'REBALANCE_IN_PROGRESS',
  'STALE_MEMBER_EPOCH',
  'TRANSACTION_ABORTABLE',
  'UNKNOWN_MEMBER_ID',
  'UNKNOWN_PRODUCER_ID',
]

/** What a write is to have in it by the time it is tried; null if it has become void. */
export type Compose = () => {
  readonly commits: readonly Committed[]
  readonly messages: readonly OutgoingMessage[]
  readonly records: readonly OutgoingRecord[]
  /** Records whose place is known. */
  readonly placed: readonly Outgoing[]
} | null

/** Keeps the progress of a member and what leaves with it: in a transaction if something leaves. One write at a time. */
export class GroupWriter {
  private readonly cluster: Cluster
  private readonly routes: Routes
  private readonly lane: Lane
  private readonly member: () => Member
  private transactor: Transactor | null = null

  constructor(cluster: Cluster, routes: Routes, lane: Lane, member: () => Member) {
    this.cluster = cluster
    this.routes = routes
    this.lane = lane
    this.member = member
  }

  /** Tries until it is stored or void. @throws PosthornError if it can't be, whenever it is tried */
  async write(what: string, compose: Compose): Promise<void> {
    const backoff = new Backoff()
    for (;;) {
      const content = compose()
      if (content === null) return
      try {
        const { commits, messages, records, placed } = content
        const outgoing = [...placed, ...(await this.routes.all(messages, records))]
        if (outgoing.length > 0) await this.transact(outgoing, commits)
        else if (commits.length > 0) await commitOffsets(this.cluster, this.lane, this.member(), commits)
        return
      } catch (error) {
        if (this.cluster.closed) throw new PosthornError('CLOSED', `${what}: the engine is closed`)
        const { codes } = failureOf(error)
        const outdated = OUTDATED.some((code) => codes.has(code))
        if (codes.has('UNKNOWN_TOPIC_OR_PARTITION')) this.forget(content)
        if (!outdated && !isUnanswered(error) && !passes(error)) throw toPosthornError(error, what)
      }
      await backoff.pause()
    }
  }

  private async transact(records: readonly Outgoing[], commits: readonly Committed[]): Promise<void> {
    this.transactor ??= new Transactor(this.cluster, this.cluster.openLane(), `posthorn-${randomUUID()}`)
    const progress = commits.length === 0 ? null : { member: this.member(), commits }
    await this.transactor.run({ records, progress })
  }

  private forget({ messages, records }: Pick<Effects, 'messages' | 'records'>): void {
    for (const { address } of messages) this.cluster.forgetTopic(address)
    for (const { topic } of records) this.cluster.forgetTopic(topic)
  }
}
