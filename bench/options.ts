import { parseArgs } from 'node:util'

export const GROUPS = ['start', 'amqp', 'kafka', 'memory', 'recovery', 'amqp-shapes', 'kafka-shapes'] as const
export type Group = (typeof GROUPS)[number]

/** A broker somebody else started. Without its process id there are no figures of memory and CPU. */
export interface Given {
  readonly host: string
  readonly port: number
  readonly pid: number
}

export interface BenchOptions {
  readonly quick: boolean
  readonly groups: readonly Group[]
  /** How many times the brokers take turns. */
  readonly pairs: number
  /** Measured time of one run. */
  readonly seconds: number
  readonly warmup: number
  /** Messages that wait in the memory and recovery groups. */
  readonly backlog: number
  readonly ours: boolean
  readonly peers: boolean
  readonly entry: string | null
  readonly dir: string | null
  readonly port: number
  readonly rabbitmq: Given | null
  readonly kafka: Given | null
  readonly json: string | null
}

export const USAGE = `npm run bench -- [options]
  --quick                   short runs, one pair, 100,000 messages waiting: about three minutes
  --only GROUPS             ${GROUPS.join(', ')}; separated by commas
  --pairs N                 how many times the brokers take turns (3)
  --seconds N               measured time of a run (4)
  --backlog N               messages waiting (1000000)
  --skip ours|peers         measure one side only
  --entry FILE              what to start as ours (dist/bin/posthorn.js, else dist/src/cli/main.js)
  --dir DIR                 where ours keeps its data (the system's temporary folder)
  --port N                  ours listens on N to N + 2, Kafka on N + 10 to N + 20 (27100)
  --rabbitmq HOST:PORT      a RabbitMQ that is running already; --rabbitmq-pid N adds its memory and CPU
  --kafka HOST:PORT         a Kafka that is running already; --kafka-pid N likewise
  --json FILE               writes every single figure there`

/** @throws Error whose text says what is wrong with the command line. */
export function readOptions(words: readonly string[]): BenchOptions {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    args: [...words],
    options: {
      quick: { type: 'boolean', default: false },
      only: text,
      pairs: text,
      seconds: text,
      backlog: text,
      skip: text,
      entry: text,
      dir: text,
      port: text,
      rabbitmq: text,
      'rabbitmq-pid': text,
      kafka: text,
      'kafka-pid': text,
      json: text,
    },
  })
  const groups = (values.only ?? GROUPS.join(',')).split(',') as Group[]
  const unknown = groups.find((one) => !GROUPS.includes(one))
  if (unknown !== undefined) throw new Error(`--only: there is no group '${unknown}'; there are ${GROUPS.join(', ')}`)
  if (values.skip !== undefined && values.skip !== 'ours' && values.skip !== 'peers')
    throw new Error(`--skip is 'ours' or 'peers'`)
  const { quick } = values
  return {
    quick,
    groups,
    pairs: number('--pairs', values.pairs, quick ? 1 : 3),
    seconds: number('--seconds', values.seconds, quick ? 1.5 : 4),
    warmup: quick ? 0.5 : 1,
    backlog: number('--backlog', values.backlog, quick ? 100_000 : 1_000_000),
    ours: values.skip !== 'ours',
    peers: values.skip !== 'peers',
    entry: values.entry ?? null,
    dir: values.dir ?? null,
    port: number('--port', values.port, 27100),
    rabbitmq: given('--rabbitmq', values.rabbitmq, values['rabbitmq-pid']),
    kafka: given('--kafka', values.kafka, values['kafka-pid']),
    json: values.json ?? null,
  }
}

function number(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise
  const value = Number(text)
  if (!(value > 0)) throw new Error(`${name} wants a number above zero, not '${text}'`)
  return value
}

function given(name: string, address: string | undefined, pid: string | undefined): Given | null {
  if (address === undefined) return null
  const [, host, port] = /^(.+):(\d+)$/.exec(address) ?? []
  if (host === undefined) throw new Error(`${name} wants host:port, not '${address}'`)
  return { host, port: Number(port), pid: Number(pid ?? 0) }
}
