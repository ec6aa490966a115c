import type { Output } from '../broker/output.ts'
import type { Held, Turn } from '../broker/turn.ts'
import { writeConfirm } from './delivery.ts'

/** The publisher confirms of one channel: messages are counted as they come, and confirmed together when they are durable. */
export class Confirms {
  /** Whether the client asked for them. */
  on = false
  /** The journal position up to which the messages so far need it; it never falls, so that confirms stay in order. */
  position = 0
  /** What came in this turn is in the journal only when the turn ends. */
  late = false
  private readonly channel: number
  private readonly output: Output
  private readonly turn: Turn
  /** The tag of the last message. */
  private published = 0
  /** All tags up to here are confirmed, refused, or part of what the turn holds. */
  private noted = 0
  /** All tags up to here were answered. */
  private answered = 0
  private closed = false

  constructor(channel: number, output: Output, turn: Turn) {
    this.channel = channel
    this.output = output
    this.turn = turn
  }

  /** A message came. */
  count(): void {
    this.published++
  }

  /** The last message was refused: that is told at once. */
  reject(position: number): void {
    if (this.late) this.position = position
    this.note(this.published - 1)
    this.noted = this.published
    // RabbitMQ says 'multiple' where nothing before it waits for an answer.
    const alone = this.answered === this.published - 1
    if (alone) this.answered = this.published
    writeConfirm(this.output, this.channel, false, this.published, alone)
  }

  /** What came in this turn is confirmed when the journal is durable that far. */
  endTurn(position: number): void {
    if (this.late) this.position = position
    this.late = false
    this.note(this.published)
  }

  /** Nothing goes out any more. */
  close(): void {
    this.closed = true
  }

  private note(upTo: number): void {
    if (upTo <= this.noted) return
    this.turn.hold(this.position, this.range(upTo, upTo - this.noted > 1))
    this.noted = upTo
  }

  private range(upTo: number, multiple: boolean): Held {
    return {
      release: () => {
        this.answered = Math.max(this.answered, upTo)
        if (!this.closed) writeConfirm(this.output, this.channel, true, upTo, multiple)
      },
    }
  }
}
