import type { Clock } from '../../../sdk/clock.ts'
import type { Placed } from '../client/produce.ts'
import type { Producer } from '../client/producer.ts'
import { laterOf } from '../topics.ts'

/** In a record of `QUEUE.later`: the offset of the message that is taken back. */
export const CANCELS = 'posthorn-cancels'

/** How far the clocks of brokers and consumers may be apart, in milliseconds. */
const CLOCKS_APART_MS = 20
/** Messages that were taken back of which this process knows it. */
const MOST_KNOWN = 10_000

/** Takes scheduled messages back: by a record behind the message, which counts if the broker has stored it before the message is due. */
export class Cancels {
  private readonly producer: Producer
  private readonly clock: Clock
  private readonly known = new Set<string>()

  constructor(producer: Producer, clock: Clock) {
    this.producer = producer
    this.clock = clock
  }

  async cancel(handle: string): Promise<boolean> {
    const place = readHandle(handle)
    if (place === null || this.known.has(handle)) return false
    const { queue, partition, offset, due } = place
    if (this.clock.now() >= due - CLOCKS_APART_MS) return false
    this.known.add(handle)
    if (this.known.size > MOST_KNOWN) for (const oldest of this.known) if (this.known.delete(oldest)) break
    const record = {
      topic: laterOf(queue),
      partition,
      key: null,
      body: null,
      headers: { [CANCELS]: String(offset) },
      timestamp: this.clock.now(),
    }
    try {
      const [placed] = await this.producer.send([record])
      return (placed!.appendedAt ?? this.clock.now()) < due - CLOCKS_APART_MS
    } catch (error) {
      this.known.delete(handle)
      throw error
    }
  }
}

/** Names a scheduled message: where it is, and when it is due. */
export function handleOf(queue: string, { partition, offset }: Placed, due: number): string {
  return `${queue}/${partition}/${offset}/${due}`
}

function readHandle(handle: string) {
  const [queue, ...numbers] = handle.split('/')
  const [partition, offset, due] = numbers.map(Number)
  if (queue === undefined || partition === undefined || offset === undefined || due === undefined) return null
  return { queue, partition, offset, due }
}
