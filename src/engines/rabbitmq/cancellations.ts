import { PosthornError } from '../../sdk/posthorn-error.ts'
import type { Parcel } from './message.ts'
import type { Publisher } from './publisher.ts'
import type { StreamReader } from './stream-reader.ts'
import type { Topology } from './topology.ts'

/** Names of scheduled messages that are not wanted any more. */
const STREAM = 'posthorn.cancelled'
const STREAM_ARGUMENTS = {
  'x-queue-type': 'stream',
  'x-max-length-bytes': 64 * 2 ** 20,
  'x-stream-max-segment-size-bytes': 4 * 2 ** 20,
}
/** As many as the stream keeps, about. */
const MOST_KNOWN = 500_000

/** What a scheduled message is taken back by. */
export function handleOf(id: string, due: number): string {
  return `${due}/${id}`
}

/**
 * Takes scheduled messages back. A message that waits can't be taken out of the broker, so a note goes into a stream, and whoever hands out a scheduled
 * message reads that stream to its end before. A note that is stored before the message is due is seen by whoever hands it out; one that comes later
 * is refused, so that nobody is told both.
 */
export class Cancellations {
  private readonly topology: Topology
  private readonly reader: StreamReader
  private readonly publisher: Publisher
  private readonly known = new Set<string>()
  private next: number | 'first' = 'first'
  private declared: Promise<void> | null = null
  private running: Promise<void> = Promise.resolve()
  private waiting: Promise<void> | null = null

  constructor(topology: Topology, reader: StreamReader, publisher: Publisher) {
    this.topology = topology
    this.reader = reader
    this.publisher = publisher
  }

  /** Makes the stream. A message must not become due while that is done for its cancellation. */
  prepare(): Promise<void> {
    this.declared ??= this.topology.assertQueue(STREAM, STREAM_ARGUMENTS).catch((error) => {
      this.declared = null
      throw error
    })
    return this.declared
  }

  /** False if it is too late. @throws PosthornError `UNAVAILABLE` if the message became due on the way: it may have been handed out */
  async cancel(handle: string): Promise<boolean> {
    const slash = handle.indexOf('/')
    const due = Number(handle.slice(0, slash))
    const id = handle.slice(slash + 1)
    await this.catchUp()
    if (Date.now() >= due || this.known.has(id)) return false
    this.note(id)
    const options = { persistent: true, mandatory: true, messageId: id }
    const parcel: Parcel = { exchange: '', routingKey: STREAM, body: Buffer.from(id), options }
    await this.publisher.send([parcel])
    if (Date.now() < due) return true
    throw new PosthornError(
      'UNAVAILABLE',
      'the message became due while it was taken back: it may have been handed out',
    )
  }

  /** Whether a message that is due was taken back. */
  async isCancelled(id: string): Promise<boolean> {
    await this.catchUp()
    return this.known.has(id)
  }

  /** Reads what is there at the time of the call; who comes while a reading runs waits for the next. */
  private catchUp(): Promise<void> {
    this.waiting ??= this.running
      .catch(() => {})
      .then(() => {
        this.running = this.waiting!
        this.waiting = null
        return this.readOn()
      })
    return this.waiting
  }

  private async readOn(): Promise<void> {
    await this.prepare()
    const next = await this.reader.readOn(STREAM, this.next, ({ content }) => {
      this.note(content.toString())
      return false
    })
    if (next >= 0) this.next = next
  }

  private note(id: string): void {
    this.known.add(id)
    if (this.known.size <= MOST_KNOWN) return
    for (const oldest of this.known) {
      this.known.delete(oldest)
      return
    }
  }
}
