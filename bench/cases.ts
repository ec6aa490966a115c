import type { Protocol } from './broker.ts'

/** One run of the generator. The figures are called `name:figure`, as in `transient-100:outPerSecond`. */
export interface Case {
  readonly name: string
  readonly protocol: Protocol
  readonly verb: 'run' | 'fill' | 'drain' | 'settle'
  readonly words: string
  /** Stops after a number of messages and not after a time. `quick`: that number when in a hurry. */
  readonly count?: { readonly full: number; readonly quick: number }
  /** Runs once more before all others, and is not counted then. */
  readonly warms?: boolean
  /** For the peer only: ours says the same by `--durability`. */
  readonly peerOnly?: boolean
}

const durable = '--persistent --confirms 1000 --ack 100 --prefetch 1000'
const flush = '--config flush.messages=1'

export const AMQP_CASES: readonly Case[] = [
  { name: 'transient-100', protocol: 'amqp', verb: 'run', words: '--size 100', warms: true },
  { name: 'transient-100-ahead', protocol: 'amqp', verb: 'run', words: '--size 100 --ahead 100000' },
  { name: 'transient-1k', protocol: 'amqp', verb: 'run', words: '--size 1024' },
  { name: 'transient-16k', protocol: 'amqp', verb: 'run', words: '--size 16384' },
  { name: 'durable-100', protocol: 'amqp', verb: 'run', words: `--size 100 ${durable}`, warms: true },
  { name: 'durable-1k', protocol: 'amqp', verb: 'run', words: `--size 1024 ${durable}` },
  {
    name: 'many',
    protocol: 'amqp',
    verb: 'run',
    words: `--size 100 ${durable} --producers 8 --consumers 8 --queues 8`,
  },
  {
    name: 'confirm-1000',
    protocol: 'amqp',
    verb: 'run',
    words: '--size 100 --rate 1000 --persistent --confirms 1000 --ack 1',
  },
]

export const KAFKA_CASES: readonly Case[] = [
  { name: 'stream', protocol: 'kafka', verb: 'run', words: '--size 1024 --batch 65536', warms: true },
  {
    name: 'stream-flush',
    protocol: 'kafka',
    verb: 'run',
    words: `--size 1024 --batch 65536 ${flush}`,
    peerOnly: true,
  },
  { name: 'produce', protocol: 'kafka', verb: 'run', words: '--size 1024 --batch 65536 --consumers 0' },
  {
    name: 'produce-flush',
    protocol: 'kafka',
    verb: 'run',
    words: `--size 1024 --batch 65536 --consumers 0 ${flush}`,
    peerOnly: true,
  },
  { name: 'small', protocol: 'kafka', verb: 'run', words: '--size 100 --batch 1000 --consumers 0' },
  {
    name: 'small-flush',
    protocol: 'kafka',
    verb: 'run',
    words: `--size 100 --batch 1000 --consumers 0 ${flush}`,
    peerOnly: true,
  },
  { name: 'latency-1000', protocol: 'kafka', verb: 'run', words: '--size 100 --batch 1 --rate 1000' },
  {
    name: 'old-fill',
    protocol: 'kafka',
    verb: 'fill',
    words: '--name bench-old --size 1024 --batch 65536',
    count: { full: 4_000_000, quick: 500_000 },
  },
  {
    name: 'old-log',
    protocol: 'kafka',
    verb: 'drain',
    words: '--name bench-old --size 1024 --verify 16',
    count: { full: 4_000_000, quick: 500_000 },
  },
]

const waiting = '--name bench-waiting --size 1024'

/** A million messages nobody has read yet, and then reading them. The count is the backlog's. */
export const BACKLOG_FILL: Case = {
  name: 'waiting-fill',
  protocol: 'amqp',
  verb: 'fill',
  words: `${waiting} --persistent --confirms 1000`,
}
export const BACKLOG_DRAIN: Case = {
  name: 'waiting-drain',
  protocol: 'amqp',
  verb: 'drain',
  words: `${waiting} --ack 100 --prefetch 1000`,
}
