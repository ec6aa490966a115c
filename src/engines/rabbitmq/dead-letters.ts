import { randomBytes } from 'node:crypto'
import type { GetMessage } from 'amqplib'
import { type DeadLetterEntry, type DeadLetterStore, NO_EFFECTS, type OutgoingMessage } from '../../sdk/engine.ts'
import { PosthornError } from '../../sdk/posthorn-error.ts'
import { deadLettersOf, FAILURE } from '../../sdk/wire-names.ts'
import { type Channel, refusal } from './client.ts'
import type { Link } from './link.ts'
import { ENTRY, read } from './message.ts'
import type { Sender } from './sender.ts'

/** How long entries are held for the next question about the same queue. */
const HELD_MS = 300
/** Bodies in memory; older ones are fetched again if somebody asks. */
const MOST_BODIES = 1000

/** An entry that is held: taken from the queue, not acknowledged. */
interface Held {
  readonly id: string
  readonly tag: GetMessage
  entry: DeadLetterEntry | null
  gone: boolean
}

/** Dead letters are the messages of a queue beside the queue; an entry is named in a header. */
export class RabbitDeadLetters implements DeadLetterStore {
  private readonly link: Link
  private readonly sender: Sender
  private readonly views = new Map<string, View>()

  constructor(link: Link, sender: Sender) {
    this.link = link
    this.sender = sender
  }

  count(queue: string): Promise<number> {
    return this.of(queue).run((view) => view.count())
  }

  browse(queue: string, after: string | null, limit: number): Promise<readonly DeadLetterEntry[]> {
    return this.of(queue).run((view) => view.browse(after, limit))
  }

  read(queue: string, id: string): Promise<DeadLetterEntry | null> {
    return this.of(queue).run((view) => view.read(id))
  }

  take(queue: string, id: string, message: OutgoingMessage | null): Promise<boolean> {
    return this.of(queue).run(async (view) => {
      if ((await view.find(id)) === null) return false
      if (message !== null) await this.sender.sendWith(message, {}, NO_EFFECTS)
      await view.remove(id)
      return true
    })
  }

  async close(): Promise<void> {
    await Promise.all([...this.views.values()].map((view) => view.run(() => view.release())))
  }

  private of(queue: string): View {
    const name = deadLettersOf(queue)
    const known = this.views.get(name)
    if (known !== undefined) return known
    const view = new View(this.link, name)
    this.views.set(name, view)
    return view
  }
}

/**
 * Looks into a queue: takes messages one after the other without acknowledging them, and gives all back together soon after, which puts them where they
 * were. One question after the other.
 */
class View {
  private readonly link: Link
  private readonly queue: string
  private channel: Channel | null = null
  private held: Held[] = []
  private bodies = 0
  private last: Promise<unknown> = Promise.resolve()
  private timer: NodeJS.Timeout | null = null

  constructor(link: Link, queue: string) {
    this.link = link
    this.queue = queue
  }

  run<T>(work: (view: View) => Promise<T>): Promise<T> {
    const done = this.last.then(async () => {
      if (this.timer !== null) clearTimeout(this.timer)
      try {
        return await this.link.insist(() => work(this))
      } catch (error) {
        throw error instanceof PosthornError ? error : refusal(error, `dead letters '${this.queue}'`)
      } finally {
        this.timer = setTimeout(() => this.run(() => this.release()).catch(() => {}), HELD_MS)
        this.timer.unref()
        if (this.channel === null) clearTimeout(this.timer)
      }
    })
    this.last = done.catch(() => {})
    return done
  }

  async count(): Promise<number> {
    const channel = await this.open()
    const { messageCount } = await channel.checkQueue(this.queue)
    return messageCount + this.held.filter(({ gone }) => !gone).length
  }

  async browse(after: string | null, limit: number): Promise<readonly DeadLetterEntry[]> {
    let at = 0
    if (after !== null) {
      at = (await this.indexOf(after)) + 1
      // It has gone: ids rise, so that those behind it can be told.
      if (at === 0) at = this.held.findIndex(({ id }) => id > after)
      if (at < 0) return []
    }
    const entries: DeadLetterEntry[] = []
    for (; entries.length < limit && (at < this.held.length || (await this.more())); at++) {
      const held = this.held[at]!
      if (held.gone) continue
      if (held.entry === null) {
        await this.release()
        return this.browse(after, limit)
      }
      entries.push(held.entry)
    }
    return entries
  }

  async read(id: string): Promise<DeadLetterEntry | null> {
    const held = await this.find(id)
    if (held === null || held.entry !== null) return held?.entry ?? null
    await this.release()
    return (await this.find(id))?.entry ?? null
  }

  async find(id: string): Promise<Held | null> {
    const held = this.held[await this.indexOf(id)]
    return held === undefined || held.gone ? null : held
  }

  /** It may have gone back meanwhile, with its channel. */
  async remove(id: string): Promise<void> {
    const held = await this.find(id)
    if (held === null) return
    this.channel!.ack(held.tag)
    held.gone = true
    if (held.entry !== null) this.bodies--
    held.entry = null
  }

  /** Gives back what is held. */
  async release(): Promise<void> {
    const { channel } = this
    if (channel === null) return
    this.channel = null
    this.held = []
    this.bodies = 0
    await channel.close().catch(() => {})
  }

  private async indexOf(id: string): Promise<number> {
    let at = 0
    for (;;) {
      for (; at < this.held.length; at++) if (this.held[at]!.id === id) return at
      if (!(await this.more())) return -1
    }
  }

  /** False if there is no more. */
  private async more(): Promise<boolean> {
    const channel = await this.open()
    const message = await channel.get(this.queue)
    if (message === false) return false
    const { headers, body, key, own } = read(message)
    const id = own[ENTRY] ?? headers['message-id'] ?? `${message.properties.timestamp}`
    this.held.push({ id, tag: message, entry: { id, body, headers, key, at: diedAt(headers) }, gone: false })
    if (++this.bodies > MOST_BODIES) {
      const oldest = this.held.find(({ entry }) => entry !== null)
      if (oldest !== undefined) oldest.entry = null
      this.bodies--
    }
    return true
  }

  private async open(): Promise<Channel> {
    if (this.channel !== null) return this.channel
    const channel = await this.link.channel()
    this.held = []
    this.bodies = 0
    this.channel = channel
    channel.on('close', () => {
      if (this.channel !== channel) return
      this.channel = null
      this.held = []
      this.bodies = 0
    })
    return channel
  }
}

let made = 0

/** Ids rise with time, so that a page goes on behind an entry that has gone. */
export function newEntryId(): string {
  made = (made + 1) % 36 ** 4
  const [at, nth] = [Date.now().toString(36).padStart(9, '0'), made.toString(36).padStart(4, '0')]
  return `${at}-${nth}-${randomBytes(6).toString('hex')}`
}

function diedAt(headers: Readonly<Record<string, string>>): number | null {
  try {
    return JSON.parse(headers[FAILURE] ?? '{}').lastFailedAt ?? null
  } catch {
    return null
  }
}
