import type { Load, Way } from './way.ts'

/** What a process of its own measures; printed as one line of JSON. */
export interface Figures {
  readonly perSecond: number
  /** Processor time of this process for one message: sent, confirmed, handled and acknowledged. */
  readonly cpuUs: number
}

export interface Task {
  readonly way: WayName
  readonly target: string
  readonly name: string
  readonly load: Load
  readonly count: number
  /** Messages before those that count: the code is compiled by then. */
  readonly warmUp: number
}

/** Each loads only what it needs. */
const WAYS = {
  posthornQueue: async () => (await import('./posthorn.ts')).posthornQueue,
  posthornTopic: async () => (await import('./posthorn.ts')).posthornTopic,
  bareAmqplib: async () => (await import('./amqplib.ts')).bareAmqplib,
  bareKafka: async () => (await import('./platformatic-kafka.ts')).bareKafka,
  bareKafkaWithoutHeaders: async () => (await import('./platformatic-kafka.ts')).bareKafkaWithoutHeaders,
  bullMq: async () => (await import('./bullmq.ts')).bullMq,
  pgBoss: async () => (await import('./pg-boss.ts')).pgBoss,
} satisfies Record<string, () => Promise<Way>>

export type WayName = keyof typeof WAYS

const { way, target, name, load, count, warmUp }: Task = JSON.parse(process.argv[2] ?? '')
const open: Way = await WAYS[way]()
const session = await open(target, name, load)
await session.run(warmUp)
const cpu = process.cpuUsage()
const began = performance.now()
await session.run(count)
const seconds = (performance.now() - began) / 1000
const { user, system } = process.cpuUsage(cpu)
const figures: Figures = { perSecond: count / seconds, cpuUs: (user + system) / count }
await session.close()
process.stdout.write(`${JSON.stringify(figures)}\n`)
process.exit()
