import { deadLettersOf } from '../../sdk/wire-names.ts'

/** Messages of a queue that are not due yet. */
export function laterOf(queue: string): string {
  return `${queue}.later`
}

/** The group of a queue's consumers. */
export function consumersOf(queue: string): string {
  return `${queue}.consumers`
}

/** Partitions of a queue: so many consumers share its work. */
export const QUEUE_PARTITIONS = 4

/** Of each partition of `QUEUE.later` the longest delay, in milliseconds: a message waits behind no other that waits much longer. */
const BUCKETS = [60_000, 3_600_000, 86_400_000, Number.POSITIVE_INFINITY]

export function bucketOf(delayMs: number): number {
  return BUCKETS.findIndex((longest) => delayMs <= longest)
}

/** A topic as it is made. */
export interface NewTopic {
  readonly name: string
  readonly partitions: number
  readonly configs: Readonly<Record<string, string>>
}

const FOREVER = { 'retention.ms': '-1', 'retention.bytes': '-1' }

/** What a queue is made of. What was consumed is deleted by its consumers, not by its age. */
export function topicsOfQueue(queue: string, partitions: number): NewTopic[] {
  return [
    { name: queue, partitions, configs: FOREVER },
    {
      name: laterOf(queue),
      partitions: BUCKETS.length,
      // Who takes a message back is told by the broker's clock whether it was in time.
      configs: { ...FOREVER, 'message.timestamp.type': 'LogAppendTime' },
    },
    { name: deadLettersOf(queue), partitions: 1, configs: { 'cleanup.policy': 'compact' } },
  ]
}
