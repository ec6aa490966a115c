import type { Side } from './broker.ts'
import type { Group } from './options.ts'
import type { Row, Target } from './row.ts'
import { SHAPES } from './shapes/rows.ts'

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
    recovery('5,000 partitions and offsets of 2,000 groups, kill -9: start', 'recovery:many'),
    recovery('the same again', 'recovery:many-again'),
    ...SHAPES,
  ]
}
