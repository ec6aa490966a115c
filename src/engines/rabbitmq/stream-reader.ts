import type { ConsumeMessage } from 'amqplib'
import type { Channel } from './client.ts'
import type { Link } from './link.ts'
import { offsetOf, readRecord } from './message.ts'

/** Where in a stream to begin, as `x-stream-offset` has it. */
export type StreamStart = 'first' | 'last' | number | { readonly '!': 'timestamp'; readonly value: number }

/** Messages that are looked at in one go. */
const ROUND = 1000
/** A stream that grows while its end is looked for: what comes later is later. */
const MOST_ROUNDS = 8
/** Clocks of publishers may be so much ahead of the broker's. */
const SKEW_MS = 60_000

/**
 * What is in a stream right now. AMQP has no question for it; but a broker hands out what there is when a consumer comes, before it answers that the
 * consumer is gone. So a consumer that comes and goes has seen the end if it got nothing.
 */
export class StreamReader {
  private readonly link: Link

  constructor(link: Link) {
    this.link = link
  }

  /** Hands over what there is from `start` on, until `each` says that it is enough; returns the next offset, or -1 if there was nothing. */
  readOn(stream: string, start: StreamStart, each: (message: ConsumeMessage) => boolean): Promise<number> {
    return this.alone(async (channel) => {
      let next = -1
      let enough = false
      for (let from = start; !enough; from = next) {
        const before = next
        await round(channel, stream, from, ROUND, (message) => {
          if (enough) return
          next = offsetOf(message) + 1
          enough = each(message)
        })
        if (next === before) break
      }
      return next
    })
  }

  /** One above the last offset. */
  async endOf(stream: string): Promise<number> {
    let rounds = 0
    let first = -1
    const next = await this.readOn(stream, 'last', (message) => {
      if (first < 0) first = offsetOf(message)
      return ++rounds >= MOST_ROUNDS * ROUND
    })
    return Math.max(0, next)
  }

  /** The lowest offset; that of the first message to come if there is none. */
  firstOf(stream: string): Promise<number> {
    return this.alone(async (channel) => {
      let first = -1
      // RabbitMQ 3.10 hands out all of a chunk, whatever was asked for.
      await round(channel, stream, 'first', 1, (message) => {
        if (first < 0) first = offsetOf(message)
      })
      return Math.max(0, first)
    })
  }

  /** The offset of the first record whose timestamp is that or later, else the end. */
  async searchTime(stream: string, time: number): Promise<number> {
    let found = -1
    const seconds = Math.max(0, Math.floor((time - SKEW_MS) / 1000))
    const next = await this.readOn(stream, { '!': 'timestamp', value: seconds }, (message) => {
      const { offset, timestamp } = readRecord(message)
      if (timestamp < time) return false
      found = offset
      return true
    })
    if (found >= 0) return found
    return next >= 0 ? next : this.endOf(stream)
  }

  /** What was not acknowledged ends with the channel. */
  private alone<T>(work: (channel: Channel) => Promise<T>): Promise<T> {
    return this.link.insist(async () => {
      const channel = await this.link.channel()
      try {
        return await work(channel)
      } finally {
        channel.close().catch(() => {})
      }
    })
  }
}

async function round(
  channel: Channel,
  stream: string,
  start: StreamStart,
  most: number,
  each: (message: ConsumeMessage) => void,
): Promise<void> {
  await channel.prefetch(most)
  const { consumerTag } = await channel.consume(
    stream,
    (message) => {
      if (message !== null) each(message)
    },
    { arguments: { 'x-stream-offset': start } },
  )
  await channel.cancel(consumerTag)
}
