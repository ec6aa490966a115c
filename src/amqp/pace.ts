import type { Queue } from '../core/queue/queue.ts'
import { type Connection, OUTPUT_HIGH_WATER } from './connection.ts'
import { AmqpConsumer } from './consumer.ts'

/** Ready bytes in one queue from which on its publishers wait for consumers that are reading as fast as they can. */
const AHEAD_LIMIT = 4 * 1024 * 1024

/**
 * The connection for which a publisher to these queues should wait, null if for none: all consumers of one of the queues have as much
 * as they can read, and much more is ready. Otherwise a fast publisher would push what is about to be delivered out of memory
 * to the disk, and all would be slower. Consumers that wait for something else than their network hold nobody back.
 */
export function whoLagsBehind(queues: readonly Queue[]): Connection | null {
  for (let i = 0; i < queues.length; i++) {
    if (queues[i].readyBytes < AHEAD_LIMIT) continue
    const lagging = slowest(queues[i])
    if (lagging !== null) return lagging
  }
  return null
}

function slowest(queue: Queue): Connection | null {
  let lagging: Connection | null = null
  for (const consumer of queue.consumers) {
    if (!(consumer instanceof AmqpConsumer)) return null
    const { connection } = consumer.channel
    if (connection.output.pending < OUTPUT_HIGH_WATER) return null
    lagging = connection
  }
  return lagging
}
