/** How many batches back a retry is known again: what an idempotent producer may have in flight. */
const REMEMBERED = 5
const MAX_SEQUENCE = 0x7fffffff

interface RememberedBatch {
  readonly first: number
  readonly last: number
  readonly baseOffset: number
  /** The batch's greatest timestamp: what a retry is told as its append time. */
  readonly timestamp: number
}

export interface Producer {
  epoch: number
  lastSequence: number
  /** The last batches, the newest last. */
  batches: RememberedBatch[]
  /** When it appended last, wall-clock milliseconds. */
  seen: number
  /** Where its open transaction begins, or -1. */
  transaction: number
  /** The epoch of the coordinator that ended its last transaction, or -1. */
  coordinatorEpoch: number
}

export type SequenceCheck =
  | { readonly verdict: 'append' | 'fenced' | 'out-of-order' | 'not-transactional' }
  | { readonly verdict: 'duplicate'; readonly baseOffset: number; readonly timestamp: number }

const APPEND: SequenceCheck = { verdict: 'append' }
const FENCED: SequenceCheck = { verdict: 'fenced' }
const NOT_TRANSACTIONAL: SequenceCheck = { verdict: 'not-transactional' }
const OUT_OF_ORDER: SequenceCheck = { verdict: 'out-of-order' }

/**
 * The idempotent producers of one partition: which sequence number each may go on with. A fold of the batches, fed by
 * `apply` in the order of offsets, live as at recovery.
 */
export class Producers {
  private readonly producers = new Map<number, Producer>()

  get size(): number {
    return this.producers.size
  }

  /** What to do with a batch of `count` records from `sequence` on. */
  check(id: number, epoch: number, sequence: number, count: number, transactional = false): SequenceCheck {
    const producer = this.producers.get(id)
    // Somebody unknown may begin anywhere: what was known of him may have expired.
    if (producer === undefined) return APPEND
    if (epoch < producer.epoch) return FENCED
    if (epoch > producer.epoch) return sequence === 0 ? APPEND : OUT_OF_ORDER
    const last = advance(sequence, count - 1)
    for (const batch of producer.batches) {
      if (batch.first !== sequence || batch.last !== last) continue
      return { verdict: 'duplicate', baseOffset: batch.baseOffset, timestamp: batch.timestamp }
    }
    if (sequence !== advance(producer.lastSequence, 1)) return OUT_OF_ORDER
    return producer.transaction >= 0 && !transactional ? NOT_TRANSACTIONAL : APPEND
  }

  /** Whether a producer has a transaction open here, with this epoch: then it need not be asked for again. */
  isOpen(id: number, epoch: number): boolean {
    const producer = this.producers.get(id)
    return producer !== undefined && producer.transaction >= 0 && producer.epoch === epoch
  }

  /** The epoch a producer has here, or -1. */
  epochOf(id: number): number {
    return this.producers.get(id)?.epoch ?? -1
  }

  /** The epoch of the coordinator that was here last for a producer, or -1. */
  coordinatorOf(id: number): number {
    return this.producers.get(id)?.coordinatorEpoch ?? -1
  }

  /** Whether this is one of the batches that are remembered. */
  isKnown(id: number, epoch: number, sequence: number, count: number): boolean {
    return this.producers.has(id) && this.check(id, epoch, sequence, count).verdict === 'duplicate'
  }

  /** A transaction of the producer begins with the batch that was applied last. */
  begin(id: number, offset: number): void {
    const producer = this.producers.get(id)
    if (producer !== undefined && producer.transaction < 0) producer.transaction = offset
  }

  /** A marker stands in the log: whatever was open has ended, and a higher epoch fences the one before. */
  end(id: number, epoch: number, coordinatorEpoch: number, now: number): void {
    let producer = this.producers.get(id)
    if (producer === undefined || producer.epoch !== epoch) {
      producer = { epoch, lastSequence: -1, batches: [], seen: now, transaction: -1, coordinatorEpoch }
      this.producers.set(id, producer)
    }
    producer.transaction = -1
    producer.coordinatorEpoch = coordinatorEpoch
    producer.seen = now
  }

  /** A batch was appended. Applying it again changes nothing. */
  apply(
    id: number,
    epoch: number,
    sequence: number,
    count: number,
    baseOffset: number,
    timestamp: number,
    now: number,
  ): void {
    let producer = this.producers.get(id)
    if (producer === undefined || producer.epoch !== epoch) {
      if (producer !== undefined && epoch < producer.epoch) return
      const transaction = producer?.transaction ?? -1
      const coordinatorEpoch = producer?.coordinatorEpoch ?? -1
      producer = { epoch, lastSequence: -1, batches: [], seen: now, transaction, coordinatorEpoch }
      this.producers.set(id, producer)
    }
    const { batches } = producer
    const newest = batches[batches.length - 1]
    if (newest !== undefined && newest.baseOffset >= baseOffset) return
    const last = advance(sequence, count - 1)
    batches.push({ first: sequence, last, baseOffset, timestamp })
    if (batches.length > REMEMBERED) batches.shift()
    producer.lastSequence = last
    producer.seen = now
  }

  /** Forgets who has not appended since `before`. An open transaction keeps its producer. */
  expire(before: number): void {
    for (const [id, { seen, transaction }] of this.producers) {
      if (seen < before && transaction < 0) this.producers.delete(id)
    }
  }

  /** Everything as plain data, for a checkpoint. */
  snapshot(): ProducerSnapshot[] {
    return [...this.producers].map(([id, producer]) => ({ id, ...producer, batches: producer.batches.slice() }))
  }

  /** Takes over what `snapshot` gave, from a time before or after what was applied already. */
  load(snapshots: readonly ProducerSnapshot[]): void {
    for (const { id, ...producer } of snapshots) this.producers.set(id, producer)
  }

  /** For DescribeProducers and tests. */
  each(): Iterable<readonly [id: number, producer: Readonly<Producer>]> {
    return this.producers
  }
}

export type ProducerSnapshot = Producer & { id: number }

/** Sequence numbers go from 2^31 - 1 on to 0. */
function advance(sequence: number, by: number): number {
  const next = sequence + by
  return next > MAX_SEQUENCE ? next - MAX_SEQUENCE - 1 : next
}
