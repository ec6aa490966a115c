import type { Side } from './broker.ts'
import type { Group } from './options.ts'

/** What is asked of ours: so many times the peer's figure, or an absolute figure in the row's unit. */
export type Target = { readonly times: number } | { readonly value: number }

/** One line of the table. A figure is named `case:figure`, as the generator reports it. */
export interface Row {
  readonly group: Group
  readonly title: string
  readonly unit: string
  /** What one unit is in the generator's figures: 1000 shows microseconds as milliseconds. */
  readonly per?: number
  readonly better: 'more' | 'less'
  readonly side?: Side
  readonly figure: string
  readonly peer: Side | null
  /** The peer's figure where it is another than ours. */
  readonly peerFigure?: string
  readonly least: Target | null
  readonly goal: Target | null
}

const times = (n: number): Target => ({ times: n })
const value = (n: number): Target => ({ value: n })

const rate = (group: Group, title: string, name: string, least: number, goal: number): Row => ({
  group,
  title,
  unit: 'messages/s',
  better: 'more',
  figure: `${name}:outPerSecond`,
  peer: 'rabbitmq',
  least: times(least),
  goal: times(goal),
})

const cost = (title: string, name: string, least: number, goal: number): Row => ({
  group: 'amqp',
  title,
  unit: 'us',
  better: 'less',
  figure: `${name}:brokerCpuUs`,
  peer: 'rabbitmq',
  least: value(least),
  goal: value(goal),
})

const AMQP: readonly Row[] = [
  rate('amqp', 'transient, automatic ack, 100 B', 'transient-100', 12, 30),
  rate('amqp', 'the same, publisher at most 100,000 ahead', 'transient-100-ahead', 12, 30),
  rate('amqp', 'transient, automatic ack, 1 KiB', 'transient-1k', 8, 15),
  rate('amqp', 'transient, automatic ack, 16 KiB', 'transient-16k', 2, 4),
  rate('amqp', 'durable, confirms 1000, ack 100, 100 B', 'durable-100', 12, 25),
  rate('amqp', 'durable, confirms 1000, ack 100, 1 KiB', 'durable-1k', 9, 15),
  rate('amqp', 'durable, 8 producers, 8 consumers, 8 queues, 100 B', 'many', 12, 25),
  {
    group: 'amqp',
    title: 'confirm latency at 1000/s, p50',
    unit: 'ms',
    per: 1000,
    better: 'less',
    figure: 'confirm-1000:confirm.p50',
    peer: 'rabbitmq',
    least: times(0.85),
    goal: times(0.6),
  },
  {
    group: 'amqp',
    title: 'confirm latency at 1000/s, p99',
    unit: 'ms',
    per: 1000,
    better: 'less',
    figure: 'confirm-1000:confirm.p99',
    peer: 'rabbitmq',
    least: null,
    goal: null,
  },
  cost('broker CPU a message, transient, 100 B', 'transient-100', 0.7, 0.4),
  cost('broker CPU a message, durable, 100 B', 'durable-100', 1.5, 0.9),
  memory('amqp', 'memory under AMQP load, peak', 'amqp-load:peakMb', 'rabbitmq', 250, 150),
]

function memory(group: Group, title: string, figure: string, peer: Side, least: number, goal: number): Row {
  return { group, title, unit: 'MB', better: 'less', figure, peer, least: value(least), goal: value(goal) }
}

const kafkaRow = (title: string, unit: string, figure: string, least: Target | null, goal: Target | null): Row => ({
  group: 'kafka',
  title,
  unit,
  better: 'more',
  figure,
  peer: 'kafka',
  least,
  goal,
})
const os = (row: Row): Row => ({ ...row, side: 'ours-os' })
const against = (row: Row, peerFigure: string): Row => ({ ...row, peerFigure })

const stream = 'stream:outMbPerSecond'
const produce = 'produce:inMbPerSecond'
const small = 'small:donePerSecond'
const latency = (percentile: string, title: string, least: number, goal: number): Row => ({
  ...kafkaRow(title, 'ms', `latency-1000:deliver.${percentile}`, times(least), times(goal)),
  per: 1000,
  better: 'less',
})

const KAFKA: readonly Row[] = [
  kafkaRow('produce + fetch, 1 KiB, 64 KiB batches, with fsync', 'MB/s', stream, value(200), value(300)),
  os(kafkaRow('the same without fsync', 'MB/s', stream, null, value(600))),
  against(kafkaRow('the same, both with fsync', 'MB/s', stream, null, null), 'stream-flush:outMbPerSecond'),
  kafkaRow('produce, 1 KiB, 64 KiB batches, with fsync', 'MB/s', produce, null, null),
  os(kafkaRow('the same without fsync', 'MB/s', produce, null, null)),
  against(kafkaRow('the same, both with fsync', 'MB/s', produce, null, null), 'produce-flush:inMbPerSecond'),
  kafkaRow('produce, 1000 B batches, 5 in flight, with fsync', 'requests/s', small, times(1), times(1.2)),
  os(kafkaRow('the same without fsync', 'requests/s', small, times(3), times(6))),
  against(
    kafkaRow('the same, both with fsync', 'requests/s', small, times(3), times(4.5)),
    'small-flush:donePerSecond',
  ),
  kafkaRow('fetch of an old log', 'MB/s', 'old-log:outMbPerSecond', times(0.7), times(1)),
  latency('p50', 'end to end at 1000/s, p50, with fsync', 1.5, 1.2),
  latency('p99', 'end to end at 1000/s, p99, with fsync', 1.5, 1.2),
  os(latency('p50', 'end to end at 1000/s, p50, without fsync', 1, 0.5)),
  os(latency('p99', 'end to end at 1000/s, p99, without fsync', 1, 0.5)),
  memory('kafka', 'memory under Kafka load, peak', 'kafka-load:peakMb', 'kafka', 250, 150),
]

const shape = (title: string, unit: string, figure: string, better: 'more' | 'less', times: number | null): Row => ({
  group: 'shapes',
  title,
  unit,
  better,
  figure,
  peer: 'rabbitmq',
  least: times === null ? null : { times },
  goal: null,
})
const alone = (row: Row, least: number): Row => ({ ...row, peer: null, least: value(least) })

const SHAPES: readonly Row[] = [
  shape('topic exchange, 10 bindings, every key another', 'messages/s', 'topic-10:outPerSecond', 'more', 4),
  shape('the same with 10,000 bindings', 'messages/s', 'topic-10000:outPerSecond', 'more', 4),
  shape('binding 10,000 times, one after the other', 'bindings/s', 'topic-10000:bindPerSecond', 'more', 1),
  shape('fan-out to 50 durable queues, 1 KiB, confirms', 'messages/s', 'fan-50:inPerSecond', 'more', 9),
  shape('memory that this takes, waiting', 'MB', 'fan-50:grownMb', 'less', null),
  shape('1,000 durable queues x 1,000 messages, 100 B, confirms', 'messages/s', 'queues-1000:inPerSecond', 'more', 9),
  shape('memory that this takes, waiting', 'MB', 'queues-1000:grownMb', 'less', 0.5),
  shape('a queue of ten priorities: publishing', 'messages/s', 'priorities:inPerSecond', 'more', 4),
  shape('a queue of ten priorities: draining', 'messages/s', 'priorities:outPerSecond', 'more', 4),
  shape('memory of an idle connection, of 5,000', 'KB', 'connections:eachKb', 'less', 0.3),
  alone(
    shape('delayed messages, 100 B: publishing, confirms', 'messages/s', 'delayed:inPerSecond', 'more', null),
    100_000,
  ),
  alone(shape('delayed messages: releasing', 'messages/s', 'delayed:outPerSecond', 'more', null), 50_000),
  alone(shape('a million delayed messages: memory', 'MB', 'delayed:grownMb', 'less', null), 100),
]

const start = (title: string, peer: Side): Row => ({
  group: 'start',
  title,
  unit: 'ms',
  better: 'less',
  figure: 'start',
  peer,
  least: value(250),
  goal: value(120),
})

const recovery = (title: string, figure: string): Row => ({
  group: 'recovery',
  title,
  unit: 'ms',
  better: 'less',
  figure,
  peer: null,
  least: value(1500),
  goal: value(500),
})

/** `backlog`: how many messages wait in the memory and recovery groups. */
export function rows(backlog: number): readonly Row[] {
  const many = `${backlog.toLocaleString('en')} messages of 1 KiB`
  return [
    start('start to the first round trip, beside RabbitMQ', 'rabbitmq'),
    start('start to the first round trip, beside Kafka', 'kafka'),
    memory('start', 'memory idle, beside RabbitMQ', 'idle', 'rabbitmq', 70, 55),
    memory('start', 'memory idle, beside Kafka', 'idle', 'kafka', 70, 55),
    ...AMQP,
    memory('memory', `${many} waiting: peak memory`, 'waiting-fill:peakMb', 'rabbitmq', 200, 120),
    {
      ...rate('memory', `${many}: publishing them, with confirms`, 'waiting-fill', 9, 15),
      figure: 'waiting-fill:inPerSecond',
    },
    rate('memory', `${many}: draining them`, 'waiting-drain', 10, 18),
    ...KAFKA,
    recovery(`kill -9 with ${many} waiting: start`, 'recovery:full'),
    recovery('the same again', 'recovery:full-again'),
    recovery('99.9 % acknowledged in random order, kill -9: start', 'recovery:sparse'),
    recovery('the same again', 'recovery:sparse-again'),
    ...SHAPES,
  ]
}
