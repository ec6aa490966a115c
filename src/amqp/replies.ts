import type { Output } from '../broker/output.ts'
import type { Held, Turn } from '../broker/turn.ts'

/** A place in the journal that is not known before the turn ends. */
export const AT_END_OF_TURN = Number.POSITIVE_INFINITY

interface Reply {
  readonly bytes: Uint8Array
  /** The journal position of what it tells. */
  position: number
}

/**
 * The synchronous replies of one channel, in order. One that tells something the disk does not have yet is held until it does, and
 * so are those behind it: no answer reveals what a power loss could take back.
 */
export class Replies implements Held {
  private readonly waiting: Reply[] = []
  private readonly output: Output
  private readonly turn: Turn
  private readonly durable: () => number
  /** Called when nothing is held any more. */
  private readonly freed: () => void
  private closed = false

  constructor(output: Output, turn: Turn, durable: () => number, freed: () => void) {
    this.output = output
    this.turn = turn
    this.durable = durable
    this.freed = freed
  }

  /** Whether a reply is held: deliveries of the channel wait as well. */
  get held(): boolean {
    return this.waiting.length > 0
  }

  /** Sends `bytes`, which are copied, when the journal is durable up to `position` and the replies before have gone. */
  add(bytes: Uint8Array, position: number): void {
    if (this.closed) return
    if (this.waiting.length === 0 && position <= this.durable()) {
      this.output.append(bytes, 0, bytes.length)
      return
    }
    this.output.held += bytes.length
    this.waiting.push({ bytes: new Uint8Array(bytes), position })
    if (position !== AT_END_OF_TURN) this.turn.hold(position, this)
  }

  /** Replies that wait for the end of the turn get their position. */
  endTurn(position: number): void {
    for (const reply of this.waiting) {
      if (reply.position !== AT_END_OF_TURN) continue
      reply.position = position
      this.turn.hold(position, this)
    }
  }

  release(): void {
    if (this.closed) return
    const durable = this.durable()
    let gone = 0
    for (const { bytes, position } of this.waiting) {
      if (position > durable) break
      this.output.append(bytes, 0, bytes.length)
      this.output.held -= bytes.length
      gone++
    }
    this.waiting.splice(0, gone)
    if (gone > 0 && this.waiting.length === 0) this.freed()
  }

  /** The channel is gone: what is held never goes out. */
  close(): void {
    this.closed = true
    for (const { bytes } of this.waiting) this.output.held -= bytes.length
    this.waiting.length = 0
  }
}
