import type { Output } from '../broker/output.ts'
import { REGION } from '../broker/output.ts'
import type { Held } from '../broker/turn.ts'
import type { Writer } from '../wire/kafka/writer.ts'
import type { Front } from './front.ts'

/**
 * The answers of one connection, in the order of the requests. One that tells what the disk does not have yet is held until it does, and so
 * are those behind it, while further requests are handled: so pipelined Produce requests share a sync.
 */
export class Replies implements Held {
  private readonly front: Front
  private readonly output: Output
  /** Answers that wait, one behind the other from `sent` to `end`, and for each where it ends and the position it waits for. */
  private bytes = new Uint8Array(0)
  private sent = 0
  private end = 0
  private ends: number[] = []
  private positions: number[] = []
  private first = 0
  private holding = false
  private closed = false

  /** Called when held answers have gone out. */
  private readonly released: () => void

  constructor(front: Front, output: Output, released: () => void) {
    this.front = front
    this.output = output
    this.released = released
  }

  private get isEmpty(): boolean {
    return this.first === this.ends.length
  }

  /** Bytes of answers that are held. */
  get held(): number {
    return this.end - this.sent
  }

  /** Sends what `writer` holds when the journal is durable up to `position` and the answers before have gone. */
  send(writer: Writer, position: number): void {
    if (this.closed) return
    if (this.isEmpty && position <= this.front.broker.store.durable) {
      this.put(writer)
      return
    }
    this.reserve(writer.length)
    this.end = writer.copyTo(this.bytes, this.end)
    this.ends.push(this.end)
    this.positions.push(position)
    this.hold()
  }

  /** Small answers are gathered in the connection's output region; a large one has a buffer of its own, so that it is copied once. */
  private put(writer: Writer): void {
    const { output, front } = this
    const length = writer.length
    if (length <= REGION) {
      output.reserve(length)
      output.at = writer.copyTo(output.bytes, output.at)
      return
    }
    const buffer = front.buffers.take(length)
    writer.copyTo(buffer, 0)
    const give = () => front.buffers.give(buffer)
    if (output.send(buffer.subarray(0, length), give)) give()
  }

  private hold(): void {
    if (this.holding || this.isEmpty) return
    this.holding = true
    this.front.broker.turn.hold(this.positions[this.first]!, this)
  }

  release(): void {
    this.holding = false
    if (this.closed) return
    const durable = this.front.broker.store.durable
    const from = this.sent
    while (!this.isEmpty && this.positions[this.first]! <= durable) this.sent = this.ends[this.first++]!
    if (this.sent > from) this.output.append(this.bytes, from, this.sent - from)
    if (this.isEmpty) this.reset()
    this.hold()
    this.released()
  }

  private reset(): void {
    this.sent = 0
    this.end = 0
    this.first = 0
    this.ends.length = 0
    this.positions.length = 0
    if (this.bytes.length > REGION) this.bytes = new Uint8Array(0)
  }

  private reserve(length: number): void {
    if (this.end + length <= this.bytes.length) return
    const held = this.held
    const grown = new Uint8Array(Math.max(512, 2 ** Math.ceil(Math.log2(held + length))))
    grown.set(this.bytes.subarray(this.sent, this.end))
    for (let i = this.first; i < this.ends.length; i++) this.ends[i]! -= this.sent
    this.ends.splice(0, this.first)
    this.positions.splice(0, this.first)
    this.first = 0
    this.bytes = grown
    this.end = held
    this.sent = 0
  }

  /** The connection has ended: what is held never goes out. */
  close(): void {
    this.closed = true
  }
}
