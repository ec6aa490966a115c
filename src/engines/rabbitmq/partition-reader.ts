import type { ConsumeMessage } from 'amqplib'
import type { IncomingRecord } from '../../sdk/engine.ts'
import { PosthornError } from '../../sdk/posthorn-error.ts'
import { type Channel, refusal } from './client.ts'
import type { Link } from './link.ts'
import { offsetOf, readRecord } from './message.ts'

/** Records on their way to a partition's reader. */
const PREFETCH = 400
/** Records handed over in one go. */
const MOST_RECORDS = 200

export interface ReaderEvents {
  readonly records: (partition: number, records: readonly IncomingRecord[]) => void
  readonly ended: (error: Error) => void
}

/** Reads a stream from an offset on, on a channel of its own, which is opened again where it was when it is lost. */
export class PartitionReader {
  readonly partition: number
  /** The next offset to hand over. */
  next: number
  private readonly link: Link
  private readonly stream: string
  private readonly events: ReaderEvents
  private channel: Channel | null = null
  private fetched: ConsumeMessage[] = []
  private paused: boolean
  private gone = false
  private flushing = false

  constructor(
    link: Link,
    stream: string,
    { partition, next, paused }: { readonly partition: number; readonly next: number; readonly paused: boolean },
    events: ReaderEvents,
  ) {
    this.link = link
    this.stream = stream
    this.partition = partition
    this.next = next
    this.paused = paused
    this.events = events
  }

  get isPaused(): boolean {
    return this.paused
  }

  start(): void {
    this.link
      .insist(() => this.open())
      .catch((error) => {
        if (this.gone) return
        this.gone = true
        this.events.ended(error instanceof PosthornError ? error : refusal(error, `stream '${this.stream}'`))
      })
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
    this.flushSoon()
  }

  /** Hands over nothing more, from now on. */
  end(): void {
    if (this.gone) return
    this.gone = true
    this.fetched = []
    const { channel } = this
    this.channel = null
    channel?.close().catch(() => {})
  }

  private async open(): Promise<void> {
    if (this.gone) return
    const channel = await this.link.channel()
    let state: 'opening' | 'open' | 'closed' = 'opening'
    channel.on('close', () => {
      const was = state
      state = 'closed'
      if (was === 'open') this.lost(channel)
    })
    this.channel = channel
    this.fetched = []
    await channel.prefetch(PREFETCH)
    const take = (message: ConsumeMessage | null) => {
      if (this.channel !== channel) return
      if (message === null) channel.close().catch(() => {})
      else if (offsetOf(message) >= this.next) {
        this.fetched.push(message)
        this.flushSoon()
      } else channel.ack(message)
    }
    await channel.consume(this.stream, take, { arguments: { 'x-stream-offset': this.next } })
    if ((state as string) === 'closed') throw new Error('the channel was closed')
    state = 'open'
    if (this.gone) await channel.close().catch(() => {})
  }

  private lost(channel: Channel): void {
    if (this.channel !== channel) return
    this.channel = null
    if (!this.gone) this.start()
  }

  /** Gathers what one read of the socket brought. */
  private flushSoon(): void {
    if (this.flushing) return
    this.flushing = true
    setImmediate(() => {
      this.flushing = false
      this.flush()
    })
  }

  private flush(): void {
    while (this.fetched.length > 0 && !this.paused && !this.gone) {
      const part = this.fetched.splice(0, MOST_RECORDS)
      const last = part.at(-1)!
      this.next = offsetOf(last) + 1
      const { channel } = this
      // That is credit for more: nothing of a stream goes away.
      channel?.ack(last, true)
      this.events.records(this.partition, part.map(readRecord))
    }
  }
}
