import { PosthornError } from '../../../sdk/posthorn-error.ts'
import { Backoff } from './backoff.ts'
import type { Cluster, Lane } from './cluster.ts'
import { failureOf, passes, toPosthornError } from './errors.ts'
import { type Placed, produce, type Writer } from './produce.ts'
import { type Outgoing, sizeOf } from './records.ts'

/** Bytes and records of one request; a larger record goes by itself. */
const MOST_BYTES = 512 * 1024
const MOST_RECORDS = 2000

/** Records that were sent with one call. */
interface Sending {
  readonly until: number
  readonly placed: Placed[]
  /** Records that it is not clear of yet. */
  left: number
  error: PosthornError | null
  readonly resolve: (placed: Placed[]) => void
  readonly reject: (error: PosthornError) => void
}

interface Waiting {
  readonly record: Outgoing
  readonly size: number
  readonly sending: Sending
  /** Which of the call's records it is. */
  readonly index: number
}

/**
 * Writes records once and in order: one request at a time, with numbers by which brokers know what they have already (an idempotent producer).
 * What comes meanwhile is the next request.
 */
export class Producer {
  private readonly cluster: Cluster
  private readonly lane: Lane
  private waiting: Waiting[] = []
  private at = 0
  private running = false
  private writer: Writer | null = null
  private drained: (() => void)[] = []

  constructor(cluster: Cluster) {
    this.cluster = cluster
    this.lane = cluster.openLane()
  }

  /** Resolves with their places when all are stored. */
  send(records: readonly Outgoing[]): Promise<Placed[]> {
    if (records.length === 0) return Promise.resolve([])
    return new Promise((resolve, reject) => {
      const until = Date.now() + this.cluster.options.patienceMs
      const sending: Sending = {
        until,
        placed: [],
        left: records.length,
        error: null,
        resolve,
        reject,
      }
      for (const [index, record] of records.entries()) {
        this.waiting.push({ record, size: sizeOf(record), sending, index })
      }
      if (this.running) return
      this.running = true
      // What is sent in the same turn goes together.
      setImmediate(() => this.run())
    })
  }

  /** Resolves when nothing waits any more. */
  idle(): Promise<void> {
    if (!this.running) return Promise.resolve()
    return new Promise((resolve) => this.drained.push(resolve))
  }

  private async run(): Promise<void> {
    while (this.at < this.waiting.length) await this.deliver(this.next())
    this.running = false
    for (const resolve of this.drained.splice(0)) resolve()
  }

  private next(): Waiting[] {
    const batch: Waiting[] = []
    let bytes = 0
    while (this.at < this.waiting.length && batch.length < MOST_RECORDS) {
      const one = this.waiting[this.at]!
      if (batch.length > 0 && bytes + one.size > MOST_BYTES) break
      bytes += one.size
      batch.push(one)
      this.at++
    }
    if (this.at > 1000 || this.at === this.waiting.length) {
      this.waiting.splice(0, this.at)
      this.at = 0
    }
    return batch
  }

  /** Never throws: each is told. */
  private async deliver(batch: readonly Waiting[]): Promise<void> {
    const records = batch.map(({ record }) => record)
    let left = batch.map((_, index) => index)
    const backoff = new Backoff()
    while (left.length > 0) {
      let error: unknown
      let unanswered = false
      try {
        const writer = (this.writer ??= await this.begin())
        const attempt = await produce(this.cluster, this.lane, writer, records, left)
        for (const [index, placed] of attempt.placed) settle(batch[index]!, placed, null)
        left = left.filter((index) => !attempt.placed.has(index))
        error = attempt.error
        unanswered = attempt.unanswered
      } catch (thrown) {
        error = thrown
      }
      if (left.length === 0) return
      if (isForgotten(error)) this.writer = null
      else if (!passes(error) && left.length > 1) {
        // One of them is the reason: each by itself.
        this.writer = null
        for (const index of left) await this.deliver([batch[index]!])
        return
      } else if (!passes(error) || this.cluster.closed || Date.now() > batch[left[0]!]!.sending.until) {
        // Whether they are stored may be open: what comes must not be taken for them.
        if (unanswered || this.cluster.closed) this.writer = null
        this.fail(batch, left, error)
        return
      }
      await backoff.pause()
    }
  }

  private fail(batch: readonly Waiting[], left: readonly number[], error: unknown): void {
    for (const index of left) {
      const { record } = batch[index]!
      settle(batch[index]!, null, toPosthornError(error, `a record for topic '${record.topic}' is not stored`))
    }
    this.writer = null
  }

  private async begin(): Promise<Writer> {
    const { producerId, producerEpoch } = await this.lane.call(null, 'initProducerId', null, 0, -1n, -1)
    if (this.cluster.closed) throw new PosthornError('CLOSED', 'the engine is closed')
    return {
      producerId,
      epoch: producerEpoch,
      transactionalId: null,
      sequences: new Map(),
    }
  }
}

/** All of a call are waited for: whoever is told of one that failed knows that the others are stored, or failed, too. */
function settle({ sending, index }: Waiting, placed: Placed | null, error: PosthornError | null): void {
  if (placed !== null) sending.placed[index] = placed
  sending.error ??= error
  if (--sending.left > 0) return
  if (sending.error === null) sending.resolve(sending.placed)
  else sending.reject(sending.error)
}

/** The broker does not know (any more) what it has had from this producer: another one goes on. */
function isForgotten(error: unknown): boolean {
  const { codes } = failureOf(error)
  return ['UNKNOWN_PRODUCER_ID', 'OUT_OF_ORDER_SEQUENCE_NUMBER', 'INVALID_PRODUCER_EPOCH'].some((code) =>
    codes.has(code),
  )
}
