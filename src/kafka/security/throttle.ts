import type { Topics } from '../../broker/topic/topics.ts'
import type { QuotaKey, Quotas } from '../../core/quota/quotas.ts'
import { Rate, SAMPLES, TokenBucket, WINDOW_MS } from '../../core/quota/rate.ts'
import type { Clock } from '../../env/clock.ts'
import { ErrorCode } from '../../wire/kafka/errors.ts'
import { CreatePartitionsRequest } from '../../wire/kafka/messages/create-partitions.ts'
import { CreateTopicsRequest } from '../../wire/kafka/messages/create-topics.ts'
import { DeleteTopicsRequest } from '../../wire/kafka/messages/delete-topics.ts'
import { FetchRequest } from '../../wire/kafka/messages/fetch.ts'
import { ProduceRequest } from '../../wire/kafka/messages/produce.ts'
import type { Decoded, Encodable, Message } from '../../wire/kafka/schema.ts'

/** Clients whose use is remembered; who was silent for longest is forgotten first. */
const MOST_SHARERS = 10_000
/** The longest a client waits for what it took of the thread, as Kafka has it. */
const MOST_REQUEST_MS = WINDOW_MS

const THROTTLED = {
  errorCode: ErrorCode.THROTTLING_QUOTA_EXCEEDED,
  errorMessage: 'The throttling quota has been exceeded.',
}

/** Versions from which a change that exceeds the quota is refused; before, it is made, and the client waits. */
const STRICT_FROM: Readonly<Record<number, number>> = {
  [CreateTopicsRequest.key]: 6,
  [DeleteTopicsRequest.key]: 5,
  [CreatePartitionsRequest.key]: 3,
}

/** Of a request what matters here. */
export interface Request {
  readonly version: number
  readonly clientId: string
  amend: ((response: Encodable<Message>) => Encodable<Message>) | null
}

/** What one request asks to be counted. */
export interface Counted {
  readonly key: number
  readonly clientId: string
  readonly user: string
  /** Bytes of the request. */
  readonly size: number
  /** Milliseconds that the loop worked for it. */
  readonly busyMs: number
  /** Bytes of records that it would bring. */
  readonly fetched: number
}

/** Counts what clients use, and says how long they have to wait. Without quotas it is asked nothing. */
export class Throttle {
  private readonly quotas: Quotas
  private readonly topics: Topics
  private readonly clock: Clock
  private readonly rates = new Map<string, Rate>()
  private readonly buckets = new Map<string, TokenBucket>()

  constructor(quotas: Quotas, topics: Topics, clock: Clock) {
    this.quotas = quotas
    this.topics = topics
    this.clock = clock
  }

  /** Whether there is anything to keep. */
  get active(): boolean {
    return this.quotas.size > 0
  }

  /** What the handler is to see of the request: changes beyond the quota are taken out, and told with the answer. */
  admit(api: { readonly key: number }, request: unknown, call: Request, user: string): unknown {
    switch (api.key) {
      case FetchRequest.key:
        return this.limitFetch(request as Decoded<typeof FetchRequest>, call, user)
      case CreateTopicsRequest.key: {
        const { topics, validateOnly } = request as Decoded<typeof CreateTopicsRequest>
        if (validateOnly) return request
        const cost = ({ assignments, numPartitions }: (typeof topics)[number]) =>
          assignments.length > 0
            ? assignments.length
            : numPartitions === -1
              ? this.topics.options.defaultPartitions
              : numPartitions
        const passed = this.mutate(api, topics, cost, ({ name }) => ({ name }), call, user, 'topics')
        return { ...(request as object), topics: passed }
      }
      case CreatePartitionsRequest.key: {
        const { topics, validateOnly } = request as Decoded<typeof CreatePartitionsRequest>
        if (validateOnly) return request
        const cost = ({ name, count }: (typeof topics)[number]) =>
          Math.max(0, count - (this.topics.byName.get(name)?.partitions.length ?? count))
        const passed = this.mutate(api, topics, cost, ({ name }) => ({ name }), call, user, 'results')
        return { ...(request as object), topics: passed }
      }
      case DeleteTopicsRequest.key:
        return this.limitDeletes(api, request as Decoded<typeof DeleteTopicsRequest>, call, user)
      default:
        return request
    }
  }

  /** Counts an answered request. Returns for how many milliseconds the client has to wait. */
  count({ key, clientId, user, size, busyMs, fetched }: Counted): number {
    let ms = Math.min(MOST_REQUEST_MS, this.use('request_percentage', user, clientId, busyMs / 10))
    if (key === ProduceRequest.key) ms = Math.max(ms, this.use('producer_byte_rate', user, clientId, size))
    else if (key === FetchRequest.key) {
      ms = Math.max(ms, this.use('consumer_byte_rate', user, clientId, fetched))
      // Who has to wait is brought nothing, and that is not counted.
      if (ms > 0) this.use('consumer_byte_rate', user, clientId, -fetched)
    } else if (key in STRICT_FROM) ms = Math.max(ms, this.mutationMs(user, clientId))
    return ms
  }

  private use(key: QuotaKey, user: string, clientId: string, value: number): number {
    const limit = this.quotas.limit(key, user, clientId)
    if (limit === null) return 0
    const rate = remembered(this.rates, `${key} ${limit.sharers}`, () => new Rate())
    const now = this.clock.elapsed()
    rate.record(value, now)
    return rate.throttleMs(limit.perSecond, now)
  }

  /** One answer brings no more than what the quota allows in all that is remembered. */
  private limitFetch(request: Decoded<typeof FetchRequest>, call: Request, user: string): Decoded<typeof FetchRequest> {
    const limit = this.quotas.limit('consumer_byte_rate', user, call.clientId)
    if (limit === null) return request
    const most = Math.max(1, Math.floor((limit.perSecond * (SAMPLES - 1) * WINDOW_MS) / 1000))
    const maxBytes = Math.min(request.maxBytes, most)
    return { ...request, maxBytes, minBytes: Math.min(request.minBytes, most) }
  }

  private limitDeletes(
    api: { readonly key: number },
    request: Decoded<typeof DeleteTopicsRequest>,
    call: Request,
    user: string,
  ): unknown {
    const { byId, byName } = this.topics
    const cost = ({ name, topicId }: { name: string | null; topicId?: string }) =>
      (name === null ? byId.get(topicId ?? '') : byName.get(name))?.partitions.length ?? 0
    const keyOf = ({ name, topicId }: { name: string | null; topicId?: string }) => ({ name, topicId })
    const names = request.topicNames.map((name) => ({ name }))
    return {
      ...request,
      topics: this.mutate(api, request.topics, cost, keyOf, call, user, 'responses'),
      topicNames: this.mutate(api, names, cost, keyOf, call, user, 'responses').map(({ name }) => name),
    }
  }

  private mutate<T>(
    api: { readonly key: number },
    all: readonly T[],
    cost: (one: T) => number,
    keyOf: (one: T) => object,
    call: Request,
    user: string,
    list: string,
  ): T[] {
    const limit = this.quotas.limit('controller_mutation_rate', user, call.clientId)
    if (limit === null) return [...all]
    const bucket = remembered(this.buckets, limit.sharers, () => new TokenBucket())
    const now = this.clock.elapsed()
    const isStrict = call.version >= STRICT_FROM[api.key]!
    const refused: object[] = []
    const passed = all.filter((one) => {
      if (isStrict && bucket.isEmpty(limit.perSecond, now)) {
        refused.push({ ...keyOf(one), ...THROTTLED })
        return false
      }
      bucket.take(cost(one), limit.perSecond, now)
      return true
    })
    if (refused.length > 0) amend(call, list, refused)
    return passed
  }

  private mutationMs(user: string, clientId: string): number {
    const limit = this.quotas.limit('controller_mutation_rate', user, clientId)
    const bucket = limit === null ? undefined : this.buckets.get(limit.sharers)
    return bucket === undefined ? 0 : bucket.throttleMs(limit!.perSecond, this.clock.elapsed())
  }
}

/** Adds to a list of the answer, after what others do to it. */
function amend(call: Request, list: string, more: readonly object[]): void {
  const { amend: before } = call
  call.amend = (response) => {
    const given = (before === null ? response : before(response)) as Readonly<Record<string, readonly object[]>>
    return { ...given, [list]: [...(given[list] ?? []), ...more] }
  }
}

/** What is remembered under `key`, which becomes the youngest. */
function remembered<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key) ?? make()
  map.delete(key)
  map.set(key, known)
  if (map.size > MOST_SHARERS) map.delete(map.keys().next().value!)
  return known
}
