import type { Duplex } from 'node:stream'
import type { ChannelModel } from './client.ts'

/**
 * The client library writes each message, and each acknowledgement, by itself: a system call and a packet for every one. This holds what one round of the
 * event loop has written until the library has put it out, which is in the next one.
 */
export class Gathering {
  /** Null if the library has none where it always had it: then nothing is gathered. */
  private readonly stream: Duplex | null
  private isHeld = false

  constructor({ connection }: ChannelModel) {
    const { stream } = connection as { readonly stream?: Duplex }
    this.stream = typeof stream?.cork === 'function' ? stream : null
  }

  /** Something is written now. */
  hold(): void {
    if (this.isHeld || this.stream === null) return
    this.isHeld = true
    this.stream.cork()
    setImmediate(this.letGoNext)
  }

  private readonly letGoNext = (): void => {
    setImmediate(this.letGo)
  }

  private readonly letGo = (): void => {
    this.isHeld = false
    this.stream?.uncork()
  }
}
