import type { Logger } from '../../sdk/logger.ts'
import { PosthornError } from '../../sdk/posthorn-error.ts'
import { type Channel, type ChannelModel, type ConfirmChannel, codeOf, REPLY, type Server, serverOf } from './client.ts'
import { Gathering } from './gathering.ts'

const FIRST_DELAY_MS = 50
const LONGEST_DELAY_MS = 10_000
/** So much of a delay is left to chance: not all processes come back at once. */
const JITTER = 0.5

/** A connection that is made again when it is lost. Channels are not: who has one opens another. */
export class Link {
  private readonly dial: () => Promise<ChannelModel>
  private readonly log: Logger
  private readonly purpose: string
  private connection: ChannelModel | null = null
  private gathering: Gathering | null = null
  private waiting: { readonly resolve: (connection: ChannelModel) => void; readonly fail: (error: Error) => void }[] =
    []
  private readonly listeners = new Set<() => void>()
  private blockedNow = false
  private closed = false
  private timer: NodeJS.Timeout | null = null
  private dialling: Promise<void> = Promise.resolve()

  constructor(dial: () => Promise<ChannelModel>, purpose: string, log: Logger) {
    this.dial = dial
    this.purpose = purpose
    this.log = log
  }

  /** The broker takes no messages on this connection for the time being. */
  get blocked(): boolean {
    return this.blockedNow
  }

  /** Something is written now, and more may be in this round of the event loop. */
  hold(): void {
    this.gathering?.hold()
  }

  /** Connects once; @throws what the client library throws */
  async open(): Promise<Server> {
    this.take(await this.dial())
    return serverOf(this.connection!)
  }

  /** Calls `listener` when the broker takes messages again. */
  onUnblocked(listener: () => void): void {
    this.listeners.add(listener)
  }

  /** Waits for the connection. @throws PosthornError `CLOSED` */
  async channel(): Promise<Channel> {
    return quiet(await (await this.get()).createChannel())
  }

  async confirmChannel(): Promise<ConfirmChannel> {
    return quiet(await (await this.get()).createConfirmChannel())
  }

  /**
   * A channel that is asked for in this turn, under a number that is not free yet: for who hears that its channel is closed by the broker and may have more
   * on its way there. Null without a connection.
   */
  confirmChannelNow(): Promise<ConfirmChannel> | null {
    return this.connection?.createConfirmChannel().then(quiet) ?? null
  }

  /**
   * Runs `work` until it succeeds or the broker refuses it: what fails because the connection is lost is tried again on the next one.
   *
   * @throws what `work` throws with a reply code of the broker's, and PosthornError
   */
  async insist<T>(work: () => Promise<T>): Promise<T> {
    for (let again = 0; ; again++) {
      try {
        return await work()
      } catch (error) {
        if (this.closed) throw this.ended()
        if (!passes(error)) throw error
        await new Promise<void>((resolve) => setTimeout(resolve, delayOf(again)))
      }
    }
  }

  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    if (this.timer !== null) clearTimeout(this.timer)
    for (const { fail } of this.waiting.splice(0)) fail(this.ended())
    await this.dialling
    // One that is lost is closed.
    await this.connection?.close().catch(() => {})
    this.connection = null
  }

  private get(): Promise<ChannelModel> {
    if (this.closed) return Promise.reject(this.ended())
    if (this.connection !== null) return Promise.resolve(this.connection)
    return new Promise((resolve, fail) => this.waiting.push({ resolve, fail }))
  }

  private take(connection: ChannelModel): void {
    this.connection = connection
    this.gathering = new Gathering(connection)
    this.blockedNow = false
    connection.on('error', (error) =>
      this.log.warn({ error: error.message }, `the connection for ${this.purpose} fails`),
    )
    connection.on('blocked', (reason) => {
      this.blockedNow = true
      this.log.warn({ reason }, 'the broker takes no messages for the time being')
    })
    connection.on('unblocked', () => {
      this.blockedNow = false
      this.log.info({}, 'the broker takes messages again')
      for (const listener of this.listeners) listener()
    })
    connection.on('close', () => {
      if (this.connection !== connection) return
      this.connection = null
      this.blockedNow = false
      if (!this.closed) this.again(0)
    })
    for (const { resolve } of this.waiting.splice(0)) resolve(connection)
    for (const listener of this.listeners) listener()
  }

  private again(tries: number): void {
    const delayMs = delayOf(tries)
    this.timer = setTimeout(() => {
      this.timer = null
      this.dialling = this.redial(tries)
    }, delayMs)
  }

  private async redial(tries: number): Promise<void> {
    try {
      const connection = await this.dial()
      if (this.closed) {
        await connection.close().catch(() => {})
        return
      }
      this.log.info({ tries: tries + 1 }, `the connection for ${this.purpose} stands again`)
      this.take(connection)
    } catch (error) {
      if (this.closed) return
      this.log.warn({ tries: tries + 1, error: (error as Error).message }, 'the broker cannot be reached')
      this.again(tries + 1)
    }
  }

  private ended(): PosthornError {
    return new PosthornError('CLOSED', 'the connection to the broker was closed')
  }
}

/** Without a reply code it is the connection's trouble; forced closes and internal errors are the broker's, and pass. */
function passes(error: unknown): boolean {
  if (error instanceof PosthornError) return false
  const code = codeOf(error)
  return code === null || code === REPLY.forced || code === REPLY.internal
}

function delayOf(tries: number): number {
  const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** tries)
  return longest * (1 - JITTER * Math.random())
}

/** Errors of a channel come to who waits for an answer, and as 'close' to everybody else. */
function quiet<C extends Channel>(channel: C): C {
  channel.on('error', () => {})
  return channel
}
