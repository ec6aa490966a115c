import type { Broker } from '../broker/broker.ts'
import type { Groups } from '../broker/group/groups.ts'
import type { Shares } from '../broker/share/shares.ts'
import type { Topics } from '../broker/topic/topics.ts'
import type { Transactions } from '../broker/transaction/transactions.ts'
import type { Range } from '../wire/kafka/schema.ts'
import { Writer } from '../wire/kafka/writer.ts'
import { BufferPool } from './buffer-pool.ts'
import { ComingTopics } from './coming-topics.ts'
import { FetchSessions } from './fetch-sessions.ts'
import type { Authorizer } from './security/authorizer.ts'
import { Throttle } from './security/throttle.ts'

export interface FrontOptions {
  /** The host and port that clients are told to come back to; null for the address at which each reached us. */
  readonly advertised: { readonly host: string; readonly port: number } | null
  readonly nodeId: number
  readonly clusterId: string
  /** Topics come into being when a client asks for them. */
  readonly autoCreateTopics: boolean
  /** Bytes of large requests, and of large answers on their way, on all connections together. */
  readonly requestBudget: number
  /** Who may do what; null if everybody may do everything. */
  readonly authorizer: Authorizer | null
  /** Counts what clients use; one for all listeners. */
  readonly throttle?: Throttle
  /** The user whom a client's certificate names; null if the client is to be turned away. */
  readonly userOf: (distinguishedName: string) => string | null
  /** Tells the operator about a connection that was closed, and why. */
  readonly log: (text: string) => void
}

export const FRONT_DEFAULTS: Omit<FrontOptions, 'log' | 'clusterId'> = {
  authorizer: null,
  userOf: (name) => name,
  advertised: null,
  nodeId: 1,
  autoCreateTopics: true,
  requestBudget: 256 * 1024 * 1024,
}

/** What the answer to ApiVersions tells of an API. */
export interface Advertised {
  readonly key: number
  readonly advertised: Range
}

/** What all Kafka connections of a broker share. */
export class Front {
  readonly broker: Broker
  readonly topics: Topics
  readonly groups: Groups
  readonly transactions: Transactions
  readonly shares: Shares
  readonly options: FrontOptions
  readonly apis: readonly Advertised[]
  readonly sessions = new FetchSessions()
  /** Where each response is put together before it goes to its connection. */
  readonly writer = new Writer(64 * 1024)
  readonly buffers = new BufferPool()
  readonly throttle: Throttle
  readonly comingTopics: ComingTopics
  /** Bytes of `requestBudget` in use, and who waits for some. */
  private largeBytes = 0
  private waiting: (() => void)[] = []

  constructor(broker: Broker, transactions: Transactions, apis: readonly Advertised[], options: FrontOptions) {
    this.broker = broker
    this.topics = transactions.topics
    this.groups = transactions.groups
    this.transactions = transactions
    this.shares = this.groups.shares
    this.options = options
    this.throttle = options.throttle ?? new Throttle(broker.quotas.quotas, transactions.topics, broker.env.clock)
    this.apis = apis
    this.comingTopics = new ComingTopics(this.topics, options.log)
  }

  /** Memory for a request that the read region can't keep, or null: then `retry` is called when some was given back. */
  takeLarge(bytes: number, retry: () => void): Uint8Array | null {
    if (this.largeBytes > 0 && this.largeBytes + bytes > this.options.requestBudget) {
      this.waiting.push(retry)
      return null
    }
    const buffer = this.buffers.take(bytes)
    this.largeBytes += buffer.length
    return buffer
  }

  /** Bytes of the budget that answers may use now. */
  roomForAnswers(): number {
    return this.options.requestBudget - this.buffers.lent
  }

  giveLarge(buffer: Uint8Array): void {
    this.largeBytes -= buffer.length
    this.buffers.give(buffer)
    const { waiting } = this
    if (waiting.length === 0) return
    this.waiting = []
    for (const retry of waiting) retry()
  }
}
