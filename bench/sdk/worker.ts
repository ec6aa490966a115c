import { bareAmqplib } from './amqplib.ts'
import { bullMq } from './bullmq.ts'
import { pgBoss } from './pg-boss.ts'
import { bareKafka, bareKafkaWithoutHeaders } from './platformatic-kafka.ts'
import { posthornQueue, posthornTopic } from './posthorn.ts'
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

const WAYS = {
  posthornQueue,
  posthornTopic,
  bareAmqplib,
  bareKafka,
  bareKafkaWithoutHeaders,
  bullMq,
  pgBoss,
} satisfies Record<string, Way>

export type WayName = keyof typeof WAYS

const { way, target, name, load, count, warmUp }: Task = JSON.parse(process.argv[2] ?? '')
const session = await WAYS[way](target, name, load)
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
