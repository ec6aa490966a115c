import type { Message } from 'amqplib'
import type { Logger } from '../../sdk/logger.ts'
import { PosthornError } from '../../sdk/posthorn-error.ts'
import { type ConfirmChannel, codeOf, REPLY, refusal } from './client.ts'
import type { Link } from './link.ts'
import { type Parcel, tableOf } from './message.ts'

/** What the client library says of a message that the broker refused, other than of one whose channel was closed. */
const NACKED = 'message nacked'

/** A parcel on its way. */
interface Pending {
  readonly parcel: Parcel
  /** Nobody takes it: the broker has sent it back. */
  returned: string | null
  readonly done: (error: PosthornError | null) => void
}

/**
 * Publishes in order and waits for the broker's confirms. What is not confirmed when the connection is lost is published again on the next one:
 * it may then be there twice, under the same message id.
 */
export class Publisher {
  private readonly link: Link
  private readonly log: Logger
  private channel: ConfirmChannel | null = null
  private opening = false
  private successor: Promise<ConfirmChannel> | null = null
  /** The socket's buffer is full. */
  private full = false
  private readonly published = new Set<Pending>()
  private queued: Pending[] = []
  /** So many are published one at a time: one of them makes the broker close the channel. */
  private careful = 0
  private ended: PosthornError | null = null

  constructor(link: Link, log: Logger) {
    this.link = link
    this.log = log
    link.onUnblocked(() => this.flush())
  }

  async open(): Promise<void> {
    this.take(await this.link.confirmChannel())
  }

  /** Resolves when all are confirmed. @throws PosthornError of the first that is not */
  send(parcels: readonly Parcel[]): Promise<void> {
    if (parcels.length === 1) return this.sendOne(parcels[0]!, undefined)
    if (this.ended !== null) return Promise.reject(this.ended)
    if (parcels.length === 0) return Promise.resolve()
    return new Promise((resolve, reject) => {
      let open = parcels.length
      let failed: PosthornError | null = null
      const done = (error: PosthornError | null) => {
        failed ??= error
        if (--open > 0) return
        if (failed === null) resolve()
        else reject(failed)
      }
      for (const parcel of parcels) this.add({ parcel, returned: null, done })
    })
  }

  /** The same for one; resolves with `value`. */
  sendOne<T>(parcel: Parcel, value: T): Promise<T> {
    if (this.ended !== null) return Promise.reject(this.ended)
    return new Promise((resolve, reject) => {
      this.add({ parcel, returned: null, done: (error) => (error === null ? resolve(value) : reject(error)) })
    })
  }

  /** Waits for the confirms of what was published. */
  async close(): Promise<void> {
    this.ended = new PosthornError('CLOSED', 'the engine is closed')
    for (const { done } of this.queued.splice(0)) done(this.ended)
    const { channel } = this
    if (channel === null) this.fail(this.ended)
    // Fails if the channel is lost meanwhile: then there is nothing more to wait for.
    else await channel.waitForConfirms().catch(() => {})
    this.fail(this.ended)
  }

  private add(pending: Pending): void {
    if (this.queued.length > 0 || !this.canPublish()) this.queued.push(pending)
    else this.publish(pending)
  }

  private canPublish(): boolean {
    if (this.channel === null || this.full || this.link.blocked) return false
    return this.careful === 0 || this.published.size === 0
  }

  private publish(pending: Pending): void {
    const { exchange, routingKey, body, options } = pending.parcel
    const channel = this.channel!
    this.published.add(pending)
    this.link.hold()
    const confirmed = (error: unknown) => {
      // What a channel leaves that closes is published again.
      const refused = (error as Error | null)?.message === NACKED
      if ((error === null || refused) && this.published.delete(pending)) this.confirm(pending, refused)
    }
    const { headers } = options
    options.headers = tableOf(headers)
    try {
      if (!channel.publish(exchange, routingKey, body, options, confirmed)) this.full = true
    } catch (error) {
      // A table of headers that is too large, or a channel that is gone.
      if (!(error instanceof RangeError || error instanceof TypeError)) return
      this.published.delete(pending)
      pending.done(new PosthornError('TOO_LARGE', `a message to '${routingKey}': ${error.message}`, { cause: error }))
    } finally {
      // It may be published again.
      options.headers = headers
    }
  }

  private confirm(pending: Pending, refused: boolean): void {
    const { routingKey } = pending.parcel
    if (pending.returned !== null) {
      pending.done(new PosthornError('NOT_FOUND', `nothing takes a message to '${routingKey}': ${pending.returned}`))
    } else if (refused) {
      pending.done(
        new PosthornError('UNAVAILABLE', `the broker does not take a message to '${routingKey}': it is full`),
      )
    } else pending.done(null)
    if (this.careful > 0) this.careful--
    if (this.queued.length > 0) this.flush()
  }

  private flush(): void {
    let at = 0
    while (at < this.queued.length && this.canPublish()) this.publish(this.queued[at++]!)
    if (at > 0) this.queued = this.queued.slice(at)
  }

  private take(channel: ConfirmChannel): void {
    this.channel = channel
    this.full = false
    let why: unknown = null
    channel.on('drain', () => {
      this.full = false
      this.flush()
    })
    channel.on('return', (message: Message) => this.return(message))
    channel.on('error', (error) => {
      why = error
      // The rest of a large message would meet the new channel under the number of the old one.
      this.successor = this.link.confirmChannelNow()
      this.successor?.catch(() => {})
    })
    channel.on('close', () => this.lost(channel, why))
    this.flush()
  }

  /** The broker sends back before it confirms, in the order of publishing. */
  private return({ fields, properties }: Message): void {
    const { routingKey, replyText } = fields as typeof fields & { readonly replyText?: string }
    for (const pending of this.published) {
      const { parcel } = pending
      if (pending.returned !== null || parcel.routingKey !== routingKey) continue
      if (parcel.options.messageId !== undefined && parcel.options.messageId !== properties.messageId) continue
      pending.returned = replyText ?? 'NO_ROUTE'
      return
    }
  }

  private lost(channel: ConfirmChannel, why: unknown): void {
    if (this.channel !== channel) return
    this.channel = null
    const again = [...this.published]
    this.published.clear()
    if (this.ended !== null) {
      for (const { done } of again) done(this.ended)
      return
    }
    const code = codeOf(why)
    const blames = code !== null && code !== REPLY.forced && code !== REPLY.internal
    const culprit = blames ? culpritOf(again, why as Error) : null
    if (culprit !== null) culprit.done(refusal(why, `a message to '${culprit.parcel.routingKey}'`))
    const others = again.filter((pending) => pending !== culprit)
    for (const pending of others) pending.returned = null
    this.queued = [...others, ...this.queued]
    this.careful = blames && culprit === null ? others.length : 0
    this.reopen()
  }

  private reopen(): void {
    if (this.opening) return
    this.opening = true
    this.link
      .insist(() => {
        const { successor } = this
        this.successor = null
        return successor ?? this.link.confirmChannel()
      })
      .then(
        (channel) => {
          this.opening = false
          this.take(channel)
        },
        (error) => {
          this.opening = false
          if (this.ended !== null) return
          this.log.error({ error: (error as Error).message }, 'nothing can be published any more')
          this.ended = refusal(error, 'publishing')
          this.fail(this.ended)
        },
      )
  }

  private fail(error: PosthornError): void {
    const all = [...this.published, ...this.queued]
    this.published.clear()
    this.queued = []
    for (const { done } of all) done(error)
  }
}

/** Which one the broker closed the channel for: the only one, or that of the size it complains of. Null if that is not known. */
function culpritOf(published: readonly Pending[], why: Error): Pending | null {
  if (published.length === 1) return published[0]!
  const size = Number(/message size (\d+)/.exec(why.message)?.[1])
  return published.find(({ parcel }) => parcel.body.length === size) ?? null
}
