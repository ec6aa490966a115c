import { isIP } from 'node:net'
import { PosthornError } from '../../../sdk/posthorn-error.ts'
import { Backoff } from './backoff.ts'
import { failureOf, passes, responseOf, toPosthornError } from './errors.ts'
import { type Apis, chooseApis, type Library } from './library.ts'

/** How long what is known of a topic is taken for true, in milliseconds. */
const METADATA_AGE_MS = 60_000
/** How long a request may take; those that wait for others have a limit of their own. */
const REQUEST_TIMEOUT_MS = 30_000
const CONNECT_TIMEOUT_MS = 5000
/** Requests that one connection may have under way. */
const IN_FLIGHT = 100

/** How groups agree: the broker assigns, or one of the members. */
export type GroupProtocol = 'consumer' | 'classic'

export interface ClusterOptions {
  readonly brokers: readonly { readonly host: string; readonly port: number }[]
  readonly clientId: string
  readonly tls: object | null
  readonly sasl: Library.SASLOptions | null
  /** How long calls try before they fail, in milliseconds. */
  readonly patienceMs: number
  readonly groupProtocol: GroupProtocol
}

export interface Trying {
  /** As the engine's options say, unless given. */
  readonly patienceMs?: number
  /** Whether an error may pass. */
  readonly isWorthIt?: (error: unknown) => boolean
}

export interface TopicFacts {
  readonly name: string
  readonly id: string
  /** By the number of the partition: the broker that leads it, -1 if none does now. */
  readonly leaders: readonly number[]
}

/** Connections of their own: a request that waits on the broker holds up those behind it on its connection. */
export class Lane {
  private readonly cluster: Cluster
  private readonly pool: Library.ConnectionPool

  constructor(cluster: Cluster, pool: Library.ConnectionPool) {
    this.cluster = cluster
    this.pool = pool
  }

  /** Sends one request to a broker; null: to any. */
  async call<Name extends keyof Apis>(
    node: number | null,
    name: Name,
    ...args: ArgumentsOf<Apis[Name]>
  ): Promise<AnswerOf<Apis[Name]>> {
    const api = await this.cluster.api(name)
    const connection = await this.connect(node)
    try {
      const send = api.async as unknown as (connection: unknown, ...args: unknown[]) => Promise<AnswerOf<Apis[Name]>>
      return await send(connection, ...args)
    } catch (error) {
      // Answers to what came later would wait behind the one that does not come.
      if ((error as Error).message === 'Request timed out') connection.close(() => {})
      throw error
    }
  }

  connect(node: number | null): Promise<Library.Connection> {
    if (node === null) return this.pool.getFirstAvailable(this.cluster.seeds())
    const broker = this.cluster.broker(node)
    if (broker === null) throw new PosthornError('CONNECTION_FAILED', `broker ${node} is not known`)
    return this.pool.get(broker)
  }

  async close(): Promise<void> {
    this.cluster.lanes.delete(this)
    await this.pool.close().catch(() => {})
  }
}

type Async<Api> = Api extends { readonly async: infer Send } ? Send : never
export type ArgumentsOf<Api> = Async<Api> extends (connection: never, ...args: infer Args) => unknown ? Args : never
export type AnswerOf<Api> = Async<Api> extends (...args: never) => Promise<infer Answer> ? Answer : never

/** What is known of the brokers: who leads what, who coordinates whom, what they understand. */
export class Cluster {
  readonly library: typeof Library
  readonly options: ClusterOptions
  readonly lanes = new Set<Lane>()
  /** For requests that are answered at once. */
  readonly lane: Lane
  closed = false
  private brokers = new Map<number, { readonly host: string; readonly port: number }>()
  private readonly topics = new Map<string, { readonly facts: TopicFacts; readonly at: number }>()
  private readonly coordinators = new Map<string, number>()
  private apis: Promise<Partial<Apis>> | null = null

  constructor(library: typeof Library, options: ClusterOptions) {
    this.library = library
    this.options = options
    this.lane = this.openLane()
  }

  openLane(requestTimeout = REQUEST_TIMEOUT_MS): Lane {
    const { clientId, tls, sasl } = this.options
    const pool = new this.library.ConnectionPool(clientId, {
      connectTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout,
      maxInflights: IN_FLIGHT,
      ...(tls === null ? {} : { tls, tlsServerName: this.options.brokers.every(({ host }) => isIP(host) === 0) }),
      ...(sasl === null ? {} : { sasl }),
    })
    const lane = new Lane(this, pool)
    this.lanes.add(lane)
    return lane
  }

  /** Everything that can be reached: those of the URL, and those that they told of. */
  seeds(): { host: string; port: number }[] {
    return [...this.options.brokers, ...this.brokers.values()]
  }

  broker(node: number): { host: string; port: number } | null {
    return this.brokers.get(node) ?? null
  }

  /** @throws PosthornError `REFUSED` if the broker does not have it */
  async api<Name extends keyof Apis>(name: Name): Promise<Apis[Name]> {
    const found = (await this.understood())[name]
    if (found !== undefined) return found
    throw new PosthornError('REFUSED', `the broker has no request ${name} in a version that this client knows`)
  }

  async has(name: keyof Apis): Promise<boolean> {
    return (await this.understood())[name] !== undefined
  }

  /** Null if nothing is known that is new enough. */
  known(name: string): TopicFacts | null {
    const known = this.topics.get(name)
    return known !== undefined && Date.now() - known.at < METADATA_AGE_MS ? known.facts : null
  }

  /** Null if there is no such topic. */
  async topic(name: string): Promise<TopicFacts | null> {
    const known = this.known(name)
    if (known !== null) return known
    await this.refresh([name])
    return this.topics.get(name)?.facts ?? null
  }

  /** The same, asked until there is an answer: for who only sends, and has no loop of his own. */
  findTopic(name: string): Promise<TopicFacts | null> {
    return this.trying(`topic '${name}'`, () => this.topic(name))
  }

  /** Asks what has become of topics. */
  async refresh(names: readonly string[]): Promise<void> {
    const answer = await this.metadata(names)
    this.brokers = new Map(answer.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]))
    for (const { name = null, topicId, errorCode, partitions } of answer.topics) {
      if (name === null) continue
      if (errorCode !== 0) {
        this.topics.delete(name)
        continue
      }
      const leaders = new Array<number>(partitions.length).fill(-1)
      for (const { partitionIndex, leaderId } of partitions) leaders[partitionIndex] = leaderId
      this.topics.set(name, {
        facts: { name, id: topicId, leaders },
        at: Date.now(),
      })
    }
  }

  forgetTopic(name: string): void {
    this.topics.delete(name)
  }

  /** The broker that keeps a group, or a transactional id. */
  async coordinator(kind: 'group' | 'transaction', key: string): Promise<number> {
    const known = this.coordinators.get(`${kind} ${key}`)
    if (known !== undefined && this.brokers.has(known)) return known
    const { coordinators } = await this.lane.call(null, 'findCoordinator', kind === 'group' ? 0 : 1, [key])
    const { nodeId, host, port } = coordinators[0]!
    this.brokers.set(nodeId, { host, port })
    this.coordinators.set(`${kind} ${key}`, nodeId)
    return nodeId
  }

  /** Sends a request to the coordinator, until it is there. */
  async atCoordinator<Name extends keyof Apis>(
    lane: Lane,
    kind: 'group' | 'transaction',
    key: string,
    name: Name,
    ...args: ArgumentsOf<Apis[Name]>
  ): Promise<AnswerOf<Apis[Name]>> {
    try {
      return await lane.call(await this.coordinator(kind, key), name, ...args)
    } catch (error) {
      const { codes } = failureOf(error)
      const moved = ['NOT_COORDINATOR', 'COORDINATOR_NOT_AVAILABLE'].some((code) => codes.has(code))
      if (moved || codes.size === 0) this.coordinators.delete(`${kind} ${key}`)
      throw error
    }
  }

  /** Tries until it succeeds, fails for good, or the patience is over. */
  async trying<T>(
    what: string,
    attempt: () => Promise<T>,
    { patienceMs = this.options.patienceMs, isWorthIt = passes }: Trying = {},
  ): Promise<T> {
    const until = Date.now() + patienceMs
    const backoff = new Backoff()
    for (;;) {
      try {
        return await attempt()
      } catch (error) {
        if (this.closed)
          throw new PosthornError('CLOSED', `${what}: the engine is closed`, {
            cause: error,
          })
        if (!isWorthIt(error) || Date.now() > until) throw toPosthornError(error, what)
      }
      await backoff.pause()
    }
  }

  async close(): Promise<void> {
    this.closed = true
    await Promise.all([...this.lanes].map((lane) => lane.close()))
  }

  private async metadata(names: readonly string[]): Promise<AnswerOf<Apis['metadata']>> {
    try {
      return await this.lane.call(null, 'metadata', [...names], false, false)
    } catch (error) {
      // That a topic is not there is an answer, too.
      const answer = responseOf<AnswerOf<Apis['metadata']>>(error)
      if (answer === null) throw error
      return answer
    }
  }

  private understood(): Promise<Partial<Apis>> {
    this.apis ??= this.ask()
    this.apis.catch(() => {
      this.apis = null
    })
    return this.apis
  }

  private async ask(): Promise<Partial<Apis>> {
    const connection = await this.lane.connect(null)
    const { apiKeys } = await this.library.apiVersionsV3.api.async(connection, 'posthorn', '1')
    return chooseApis(this.library, apiKeys)
  }
}
