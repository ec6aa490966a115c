import type { Row } from '../row.ts'

const amqp = (title: string, unit: string, figure: string, better: 'more' | 'less', times: number | null): Row => ({
  group: 'amqp-shapes',
  title,
  unit,
  better,
  figure,
  peer: 'rabbitmq',
  least: times === null ? null : { times },
  goal: null,
})
const alone = (row: Row, least: number): Row => ({ ...row, peer: null, least: { value: least } })

const AMQP: readonly Row[] = [
  amqp('topic exchange, 10 bindings, every key another', 'messages/s', 'topic-10:outPerSecond', 'more', 4),
  amqp('the same with 10,000 bindings', 'messages/s', 'topic-10000:outPerSecond', 'more', 4),
  amqp('binding 10,000 times, one after the other', 'bindings/s', 'topic-10000:bindPerSecond', 'more', 1),
  amqp('fan-out to 50 durable queues, 1 KiB, confirms', 'messages/s', 'fan-50:inPerSecond', 'more', 9),
  amqp('memory that this takes, waiting', 'MB', 'fan-50:grownMb', 'less', null),
  amqp('bytes written for a message in 50 queues', 'KB', 'fan-50:writtenKb', 'less', 0.5),
  amqp('1,000 durable queues x 1,000 messages, 100 B, confirms', 'messages/s', 'queues-1000:inPerSecond', 'more', 9),
  amqp('memory that this takes, waiting', 'MB', 'queues-1000:grownMb', 'less', 0.5),
  amqp('a queue of ten priorities: publishing', 'messages/s', 'priorities:inPerSecond', 'more', 4),
  amqp('a queue of ten priorities: draining', 'messages/s', 'priorities:outPerSecond', 'more', 4),
  amqp('a quorum queue, 100 B, confirms 1000, ack 100', 'messages/s', 'quorum:outPerSecond', 'more', 4),
  amqp('a stream queue, 100 B, confirms 1000, ack 100', 'messages/s', 'stream:outPerSecond', 'more', 1),
  amqp('memory of an idle connection, of 5,000', 'KB', 'connections:eachKb', 'less', 0.3),
  alone(
    amqp('delayed messages, 100 B: publishing, confirms', 'messages/s', 'delayed:inPerSecond', 'more', null),
    100_000,
  ),
  alone(amqp('delayed messages: releasing', 'messages/s', 'delayed:outPerSecond', 'more', null), 50_000),
  alone(amqp('a million delayed messages: memory', 'MB', 'delayed:grownMb', 'less', null), 100),
]

const kafka = (title: string, unit: string, figure: string, better: 'more' | 'less' = 'more'): Row => ({
  group: 'kafka-shapes',
  title,
  unit,
  better,
  figure,
  peer: 'kafka',
  least: { times: 1 },
  goal: null,
})
/** Ours with a sync, ours without one, and both with one. */
const three = (title: string, unit: string, figure: string, flush: string): readonly Row[] => [
  kafka(`${title}, with fsync`, unit, figure),
  { ...kafka('the same without fsync', unit, figure), side: 'ours-os' },
  { ...kafka('the same, both with fsync', unit, figure), peerFigure: flush },
]
const some = (count: number) =>
  `produce + fetch, ${count.toLocaleString('en')} partition${count === 1 ? '' : 's'}, 1 KiB`
const many = [1, 6, 60, 1000].flatMap((count) =>
  three(some(count), 'MB/s', `partitions:mb${count}`, `partitions:flush${count}`),
)
const commit = (title: string, figure: string): readonly Row[] => [
  kafka(`${title}, with fsync`, 'ms', figure, 'less'),
  { ...kafka('the same without fsync', 'ms', figure, 'less'), side: 'ours-os' },
]
const changes = (shape: string, members: number, protocol: 'classic' | 'consumer'): readonly Row[] => [
  kafka(`${members} members, ${protocol} protocol: all join`, 'ms', `${shape}:${protocol}.start`, 'less'),
  kafka('one leaves', 'ms', `${shape}:${protocol}.leave`, 'less'),
  kafka('one joins', 'ms', `${shape}:${protocol}.join`, 'less'),
]

const KAFKA: readonly Row[] = [
  ...many,
  ...three('transactions of one record of 100 B', 'per s', 'transactions:small', 'transactions:small.flush'),
  ...commit('commit latency of those, p50', 'transactions:small.p50'),
  ...commit('p99', 'transactions:small.p99'),
  ...three('transactions of 640 records, 1 KiB', 'per s', 'transactions:large', 'transactions:large.flush'),
  ...commit('commit latency of those, p50', 'transactions:large.p50'),
  kafka('offsets committed, one in a request, with fsync', 'per s', 'commits:one'),
  { ...kafka('the same without fsync', 'per s', 'commits:one'), side: 'ours-os' },
  kafka('offsets committed, 100 in a request, with fsync', 'per s', 'commits:hundred'),
  { ...kafka('the same without fsync', 'per s', 'commits:hundred'), side: 'ours-os' },
  ...changes('rebalance', 100, 'classic'),
  ...changes('rebalance', 100, 'consumer'),
  kafka('5,000 partitions, and offsets of 2,000 groups in 100 each: making them', 's', 'many:made', 'less'),
  kafka('memory then', 'MB', 'many:mb', 'less'),
  ...changes('many', 500, 'classic'),
  ...changes('many', 500, 'consumer'),
  kafka('compaction', 'MB/s', 'compaction:mb'),
  kafka('produce latency of 500/s before that, p99', 'ms', 'compaction:before.p99', 'less'),
  kafka('and beside it, p99', 'ms', 'compaction:during.p99', 'less'),
  ...three('produce by SCRAM and TLS, 64 KiB batches', 'MB/s', 'secured:mb', 'secured:flush'),
  kafka('1000 B batches, with fsync', 'requests/s', 'secured:requests'),
  { ...kafka('the same without fsync', 'requests/s', 'secured:requests'), side: 'ours-os' },
]

export const SHAPES: readonly Row[] = [...AMQP, ...KAFKA]
