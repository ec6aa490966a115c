import type { QueueSpec, TopicSpec } from '../../sdk/engine.ts'
import { PosthornError } from '../../sdk/posthorn-error.ts'
import { deadLettersOf } from '../../sdk/wire-names.ts'
import { type Channel, codeOf, REPLY, refusal, type Server } from './client.ts'
import type { Link } from './link.ts'
import type { NativeQueue, NativeTopic } from './options.ts'

/** What a handler may take before the broker thinks that its consumer is stuck. The broker's own 30 minutes are few for long jobs. */
const CONSUMER_TIMEOUT_MS = 86_400_000
const PRIORITIES = 9
const LONGEST_NAME = 255
/** Many more than anybody has; bounds the search. */
const MOST_PARTITIONS = 10_000

/** Queues, streams and exchanges as the engine makes them. What is there already is used as it is. */
export class Topology {
  private readonly link: Link
  private readonly server: Server
  /** Queues that hand out by priority on any version. */
  private readonly classic = new Set<string>()
  private idle: Channel[] = []
  private readonly alive = new Set<Channel>()
  /** Partitions of the topics that were asked for. */
  private readonly counts = new Map<string, number>()

  constructor(link: Link, server: Server) {
    this.link = link
    this.server = server
  }

  /** Makes a queue and the queue of its dead letters. */
  async declareQueue({ name, native }: QueueSpec): Promise<void> {
    const { type = 'quorum', arguments: more = {} } = (native?.rabbitmq ?? {}) as NativeQueue
    const own = type === 'classic' ? { 'x-queue-type': 'classic', 'x-max-priority': PRIORITIES } : this.quorum()
    await this.assertQueue(name, { ...own, ...more })
    if (type === 'classic') this.classic.add(name)
    await this.assertQueue(deadLettersOf(name), this.quorum())
  }

  /** Whether this engine has declared it so. */
  isClassic(queue: string): boolean {
    return this.classic.has(queue)
  }

  /** Arguments of a quorum queue. The SDK counts failures itself: the queue gives nothing up. */
  quorum(): Readonly<Record<string, unknown>> {
    const limit = this.server.isAtLeast(4, 0) ? { 'x-delivery-limit': -1 } : {}
    return { 'x-queue-type': 'quorum', 'x-consumer-timeout': CONSUMER_TIMEOUT_MS, ...limit }
  }

  /** Makes a queue unless one of that name is there, of whatever kind. */
  async assertQueue(name: string, args: Readonly<Record<string, unknown>>): Promise<void> {
    if (Buffer.byteLength(name) > LONGEST_NAME) {
      throw new PosthornError('INVALID_OPTION', `queue '${name}': a name has at most ${LONGEST_NAME} bytes here`)
    }
    await this.insist(`queue '${name}'`, async () => {
      if (await this.hasQueue(name)) return
      await this.once((channel) => channel.assertQueue(name, { durable: true, arguments: args }))
    })
  }

  /** Runs `work` on a channel that nobody else uses meanwhile. What the broker refuses closes the channel, else it is used again. */
  once<T>(work: (channel: Channel) => Promise<T>): Promise<T> {
    return this.link.insist(async () => {
      const channel = this.idle.pop() ?? (await this.open())
      const result = await work(channel)
      if (this.alive.has(channel)) this.idle.push(channel)
      return result
    })
  }

  /** @throws PosthornError that says what the broker refused */
  async insist<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw error instanceof PosthornError ? error : refusal(error, what)
    }
  }

  hasQueue(name: string): Promise<boolean> {
    return this.has((channel) => channel.checkQueue(name))
  }

  hasExchange(name: string): Promise<boolean> {
    return this.has((channel) => channel.checkExchange(name))
  }

  /**
   * Makes a super stream: an exchange, and a stream for each partition that is bound to it by its number. From the last to the first, so that one whose
   * first partition is there is there as a whole.
   */
  async declareTopic({ name, partitions, retentionMs, native }: TopicSpec): Promise<void> {
    await this.insist(`topic '${name}'`, async () => {
      const there = await this.findPartitions(name, partitions)
      if (there === 0) {
        const { arguments: more = {} } = (native?.rabbitmq ?? {}) as NativeTopic
        const age = retentionMs === null ? {} : { 'x-max-age': `${Math.max(1, Math.ceil(retentionMs / 1000))}s` }
        await this.makeTopic(name, partitions, { 'x-queue-type': 'stream', ...age, ...more })
      } else if (there < partitions) {
        const text = `topic '${name}' has ${there} partitions, and ${partitions} are declared: declare ${there}`
        throw new PosthornError('DECLARED_DIFFERENTLY', text)
      }
      this.counts.set(name, Math.max(there, partitions))
    })
  }

  /** @throws PosthornError `NOT_FOUND` */
  async partitionsOf(topic: string): Promise<number> {
    const known = this.counts.get(topic)
    if (known !== undefined) return known
    const found = await this.insist(`topic '${topic}'`, () => this.findPartitions(topic, 1))
    if (found === 0) throw new PosthornError('NOT_FOUND', `there is no topic '${topic}'`)
    this.counts.set(topic, found)
    return found
  }

  private async open(): Promise<Channel> {
    const channel = await this.link.channel()
    this.alive.add(channel)
    channel.on('close', () => {
      this.alive.delete(channel)
      this.idle = this.idle.filter((one) => one !== channel)
    })
    return channel
  }

  private async has(check: (channel: Channel) => Promise<unknown>): Promise<boolean> {
    try {
      await this.once(check)
      return true
    } catch (error) {
      if (codeOf(error) === REPLY.notFound) return false
      throw error
    }
  }

  private makeTopic(name: string, partitions: number, args: Readonly<Record<string, unknown>>): Promise<void> {
    return this.once(async (channel) => {
      await channel.assertExchange(name, 'direct', { durable: true, arguments: { 'x-super-stream': true } })
      for (let number = partitions - 1; number >= 0; number--) {
        const stream = streamOf(name, number)
        await channel.assertQueue(stream, { durable: true, arguments: args })
        await channel.bindQueue(stream, name, String(number), { 'x-stream-partition-order': number })
      }
    })
  }

  /** How many partitions there are; it looks at `expected` first. */
  private async findPartitions(topic: string, expected: number): Promise<number> {
    if (!(await this.hasQueue(streamOf(topic, 0)))) return 0
    let from = (await this.hasQueue(streamOf(topic, expected - 1))) ? expected : 1
    while (from < MOST_PARTITIONS && (await this.hasQueue(streamOf(topic, from)))) from++
    return from
  }
}

/** The stream with a partition of a topic, as RabbitMQ's own tools name it. */
export function streamOf(topic: string, partition: number): string {
  return `${topic}-${partition}`
}
