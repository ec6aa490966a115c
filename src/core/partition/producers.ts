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

interface Producer {
  epoch: number
  lastSequence: number
  /** The last batches, the newest last. */
  batches: RememberedBatch[]
  /** When it appended last, wall-clock milliseconds. */
  seen: number
}

export type SequenceCheck =
  | { readonly verdict: 'append' | 'fenced' | 'out-of-order' }
  | { readonly verdict: 'duplicate'; readonly baseOffset: number; readonly timestamp: number }

const APPEND: SequenceCheck = { verdict: 'append' }
const FENCED: SequenceCheck = { verdict: 'fenced' }
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
  check(id: number, epoch: number, sequence: number, count: number): SequenceCheck {
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
    return sequence === advance(producer.lastSequence, 1) ? APPEND : OUT_OF_ORDER
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
      producer = { epoch, lastSequence: -1, batches: [], seen: now }
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

  /** Forgets who has not appended since `before`. */
  expire(before: number): void {
    for (const [id, producer] of this.producers) if (producer.seen < before) this.producers.delete(id)
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
  *each(): Generator<{ id: number; epoch: number; lastSequence: number; seen: number }> {
    for (const [id, { epoch, lastSequence, seen }] of this.producers) yield { id, epoch, lastSequence, seen }
  }
}

export type ProducerSnapshot = Producer & { id: number }

/** Sequence numbers go from 2^31 - 1 on to 0. */
function advance(sequence: number, by: number): number {
  const next = sequence + by
  return next > MAX_SEQUENCE ? next - MAX_SEQUENCE - 1 : next
}
