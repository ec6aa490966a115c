import { createHash, randomUUID } from 'node:crypto'
import type { ConsumeMessage } from 'amqplib'
import type { Logger } from '../../sdk/logger.ts'
import { PosthornError } from '../../sdk/posthorn-error.ts'
import { type Channel, refusal } from './client.ts'
import type { Link } from './link.ts'
import type { Publisher } from './publisher.ts'

/** Where members of groups tell each other that they are there. */
const EXCHANGE = 'posthorn.groups'
const BEAT_MS = 3_000
/** Who has said nothing for so long is gone. */
const SILENCE_MS = 10_000
const LONGEST_KEY = 255

interface Beat {
  readonly id: string
  readonly kind: 'here' | 'gone'
  /** Whoever gets it is to say that it is there, too. */
  readonly asks: boolean
}

/**
 * Who is in a group: members tell each other over an exchange, and all come to the same view of who reads what. The view is a wish, not a right: a
 * partition belongs to who has its token (see tokens.ts), whatever members believe for a moment.
 */
export class Membership {
  readonly id = randomUUID()
  private readonly link: Link
  private readonly publisher: Publisher
  private readonly key: string
  private readonly log: Logger
  private readonly changed: () => void
  private readonly lastHeard = new Map<string, number>()
  private channel: Channel | null = null
  private timer: NodeJS.Timeout | null = null
  private left = false

  constructor(link: Link, publisher: Publisher, topic: string, group: string, log: Logger, changed: () => void) {
    this.link = link
    this.publisher = publisher
    this.log = log
    this.changed = changed
    this.key = shortened(`${topic}/${group}`, LONGEST_KEY)
  }

  async join(): Promise<void> {
    await this.link.insist(() => this.open())
    this.timer = setInterval(() => this.beat(), BEAT_MS)
    this.timer.unref()
    this.say({ id: this.id, kind: 'here', asks: true })
  }

  /** Of `partitions` those that this member is to read. */
  share(partitions: number): ReadonlySet<number> {
    const members = [this.id, ...this.lastHeard.keys()].sort()
    const own = members.indexOf(this.id)
    const numbers = Array.from({ length: partitions }, (_, number) => number)
    return new Set(numbers.filter((number) => number % members.length === own))
  }

  async leave(): Promise<void> {
    if (this.left) return
    this.left = true
    if (this.timer !== null) clearInterval(this.timer)
    this.say({ id: this.id, kind: 'gone', asks: false })
    const { channel } = this
    this.channel = null
    await channel?.close().catch(() => {})
  }

  private async open(): Promise<void> {
    const channel = await this.link.channel()
    let state: 'opening' | 'open' | 'closed' = 'opening'
    channel.on('close', () => {
      const was = state
      state = 'closed'
      if (was === 'open' && this.channel === channel && !this.left) this.reopen()
    })
    this.channel = channel
    await channel.assertExchange(EXCHANGE, 'direct', { durable: true })
    // It ends with the connection, as the membership does.
    const { queue } = await channel.assertQueue('', { exclusive: true, durable: false })
    await channel.bindQueue(queue, EXCHANGE, this.key)
    await channel.consume(queue, (message) => this.hear(message), { noAck: true })
    if ((state as string) === 'closed') throw new Error('the channel was closed')
    state = 'open'
  }

  private reopen(): void {
    this.link
      .insist(() => this.open())
      .then(
        () => this.say({ id: this.id, kind: 'here', asks: true }),
        (error) => {
          if (this.left) return
          const told = error instanceof PosthornError ? error : refusal(error, `exchange '${EXCHANGE}'`)
          this.log.error({ error: told.message }, 'a member of a group does not hear of the others any more')
        },
      )
  }

  private hear(message: ConsumeMessage | null): void {
    if (message === null) {
      // The queue was deleted: another is made.
      this.channel?.close().catch(() => {})
      return
    }
    const { id, kind, asks } = parse(message.content)
    if (id === this.id || this.left) return
    const knew = this.lastHeard.has(id)
    if (kind === 'gone') this.lastHeard.delete(id)
    else if (id !== '') this.lastHeard.set(id, Date.now())
    if (asks) this.say({ id: this.id, kind: 'here', asks: false })
    if (knew !== this.lastHeard.has(id)) this.changed()
  }

  private beat(): void {
    const silent = [...this.lastHeard].filter(([, at]) => at < Date.now() - SILENCE_MS)
    for (const [id] of silent) this.lastHeard.delete(id)
    this.say({ id: this.id, kind: 'here', asks: false })
    if (silent.length > 0) this.changed()
  }

  /** Nobody waits for it: the next one comes soon. */
  private say(beat: Beat): void {
    const options = { persistent: false, mandatory: false, expiration: String(SILENCE_MS) }
    const parcel = { exchange: EXCHANGE, routingKey: this.key, body: Buffer.from(JSON.stringify(beat)), options }
    this.publisher.send([parcel]).catch(() => {})
  }
}

/** A name, or a digest of one that is too long. */
export function shortened(name: string, most: number): string {
  return Buffer.byteLength(name) <= most ? name : createHash('sha256').update(name).digest('hex')
}

/** Whoever wrote it. */
function parse(content: Buffer): Beat {
  try {
    const { id = '', kind = 'here', asks = false } = JSON.parse(content.toString())
    return { id: String(id), kind: kind === 'gone' ? 'gone' : 'here', asks: asks === true }
  } catch {
    return { id: '', kind: 'here', asks: false }
  }
}
