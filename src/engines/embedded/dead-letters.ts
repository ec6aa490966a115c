import { settle } from '../../broker/queue/settle.ts'
import type { Queue } from '../../core/queue/queue.ts'
import { PLACE_SHIFT, READY, STATE } from '../../core/queue/queue-index.ts'
import type { DeadLetterEntry, DeadLetterStore, OutgoingMessage } from '../../sdk/engine.ts'
import { PosthornError } from '../../sdk/posthorn-error.ts'
import { deadLettersOf, FAILURE } from '../../sdk/wire-names.ts'
import { decodeMessage } from './amqp-message.ts'
import { commit, plan } from './commit.ts'
import { findQueue } from './declare.ts'
import { type Ground, NO_ROOM } from './ground.ts'

/** Dead letters are the ready messages of a queue beside the queue; an entry's id is its sequence there. */
export class EmbeddedDeadLetters implements DeadLetterStore {
  private readonly ground: Ground

  constructor(ground: Ground) {
    this.ground = ground
  }

  async count(queue: string): Promise<number> {
    return this.of(queue).ready
  }

  async browse(queue: string, after: string | null, limit: number): Promise<readonly DeadLetterEntry[]> {
    const { index } = this.of(queue)
    const entries: DeadLetterEntry[] = []
    let sequence = index.nextLive(after === null ? index.head : Math.max(index.head, sequenceOf(after) + 1))
    for (; sequence < index.tail && entries.length < limit; sequence = index.nextLive(sequence + 1)) {
      const entry = await this.entry(queue, sequence)
      if (entry !== null) entries.push(entry)
    }
    return entries
  }

  read(queue: string, id: string): Promise<DeadLetterEntry | null> {
    return this.entry(queue, sequenceOf(id))
  }

  async take(queue: string, id: string, message: OutgoingMessage | null): Promise<boolean> {
    const { ground } = this
    const sequence = sequenceOf(id)
    const planned = plan(ground, message === null ? [] : [message], [], () => 0)
    const taken = await ground.act(() => {
      const letters = this.of(queue)
      if (!isReady(letters, sequence)) return false
      const settled = () => {
        settle(ground.broker, letters, sequence)
      }
      return commit(ground, planned, settled) === NO_ROOM ? NO_ROOM : true
    })
    await ground.durable()
    return taken
  }

  private of(queue: string): Queue {
    return findQueue(this.ground, deadLettersOf(queue))
  }

  private async entry(queue: string, sequence: number): Promise<DeadLetterEntry | null> {
    const letters = this.of(queue)
    if (!isReady(letters, sequence)) return null
    const bytes = await this.bytesOf(letters, sequence)
    if (bytes === null) return null
    const { body, headers, key } = decodeMessage(bytes, 0, bytes.length)
    return { id: String(sequence), body, headers, key, at: diedAt(headers) }
  }

  /** A copy of the message's bytes; null if it has gone meanwhile. */
  private async bytesOf(letters: Queue, sequence: number): Promise<Uint8Array | null> {
    const { store, arena } = this.ground.broker
    while (isReady(letters, sequence)) {
      const { index } = letters
      const place = (index.flags(sequence) >> PLACE_SHIFT) & 3
      const [position, length] = [index.position(sequence), index.length(sequence)]
      const at = store.locate(place, position, length)
      if (at >= 0) return arena.bytes.slice(at, at + length)
      const error = await new Promise<Error | null>((resolve) => store.load(place, position, length, resolve))
      if (error !== null && index.position(sequence) === position) {
        throw new PosthornError('UNAVAILABLE', `dead letter ${sequence} of '${letters.name}' cannot be read`, {
          cause: error,
        })
      }
    }
    return null
  }
}

function sequenceOf(id: string): number {
  const sequence = Number(id)
  return Number.isSafeInteger(sequence) && sequence >= 0 ? sequence : -1
}

function isReady({ index }: Queue, sequence: number): boolean {
  return sequence >= index.head && sequence < index.tail && (index.flags(sequence) & STATE) === READY
}

function diedAt(headers: Readonly<Record<string, string>>): number | null {
  try {
    return JSON.parse(headers[FAILURE] ?? '{}').lastFailedAt ?? null
  } catch {
    return null
  }
}
