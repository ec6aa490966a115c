import type { Protocol, Running } from '../broker.ts'
import { type Figures, load } from '../load.ts'
import type { Setting } from './shape.ts'

/** What makes the peer sync before it answers. */
export const FLUSH = '--config flush.messages=1'

/** A run of the load generator, on a queue or topic of its own. */
export function generate(
  running: Running,
  through: Protocol,
  { seconds, warmup }: Setting,
  words: string,
): Promise<Figures> {
  const { host, port } = running.address(through)
  const protocol = through === 'amqp' ? 'amqp' : 'kafka'
  const where = [protocol, 'run', '--host', host, '--port', String(port), '--pid', String(running.pid)]
  return load([...where, '--seconds', String(seconds), '--warmup', String(warmup), ...words.split(' ')])
}
