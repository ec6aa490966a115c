import { parseArgs } from 'node:util'
import amqplib from 'amqplib'
import { connect } from '../src/engines/connect.ts'
import { queue } from '../src/sdk/queue.ts'

/*
 * Messages a second of send + consume through the SDK against the client library alone, on the same broker: quorum queue, persistent messages, a confirm for
 * each, so many on their way, the same prefetch, an acknowledgement for each, JSON on both sides. Turn by turn, so that what else the machine does hits
 * both; the medians count.
 *
 *   node dist/bench/sdk-rabbitmq.js --url amqp://guest:guest@127.0.0.1:5672 [--messages 20000] [--rounds 7]
 */
const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'amqp://guest:guest@127.0.0.1:5672' },
    messages: { type: 'string', default: '20000' },
    rounds: { type: 'string', default: '7' },
  },
})
const COUNT = Number(values.messages)
const ROUNDS = Number(values.rounds)
/** Sends that wait for their confirm at a time. */
const WINDOW = 500
const PREFETCH = 500

interface Order {
  readonly id: string
  readonly total: number
  readonly lines: readonly { readonly sku: string; readonly count: number }[]
}

interface Result {
  readonly perSecond: number
  readonly cpuMicroseconds: number
}

function orderOf(n: number): Order {
  return { id: `o-${n}`, total: n, lines: [1, 2, 3].map((line) => ({ sku: `sku-${n}-${line}`, count: line })) }
}

/** Sends all, so many at a time; resolves when all are confirmed. */
function sendAll(send: (n: number) => Promise<unknown>): Promise<void> {
  return new Promise((resolve, reject) => {
    let next = 0
    let confirmed = 0
    const more = () => {
      if (next < COUNT) send(next++).then(done, reject)
    }
    const done = () => {
      if (++confirmed === COUNT) resolve()
      else more()
    }
    for (let at = 0; at < WINDOW; at++) more()
  })
}

async function measure(run: () => Promise<void>): Promise<Result> {
  const cpu = process.cpuUsage()
  const begun = performance.now()
  await run()
  const seconds = (performance.now() - begun) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return { perSecond: COUNT / seconds, cpuMicroseconds: (user + system) / COUNT }
}

/** Two connections, as the SDK has them. */
async function bare(name: string): Promise<Result> {
  const [sending, receiving] = await Promise.all([amqplib.connect(values.url), amqplib.connect(values.url)])
  const channel = await sending.createConfirmChannel()
  const consumer = await receiving.createChannel()
  const args = { 'x-queue-type': 'quorum', 'x-delivery-limit': -1 }
  await channel.assertQueue(name, { durable: true, arguments: args })
  await consumer.prefetch(PREFETCH)
  let total = 0
  const result = await measure(async () => {
    const handled = new Promise<void>((resolve) => {
      let count = 0
      consumer.consume(name, (message) => {
        // The queue is dropped in the end.
        if (message === null) return
        total += (JSON.parse(message.content.toString()) as Order).total
        consumer.ack(message)
        if (++count === COUNT) resolve()
      })
    })
    await sendAll(
      (n) =>
        new Promise<void>((resolve, reject) => {
          const body = Buffer.from(JSON.stringify(orderOf(n)))
          const options = { persistent: true, mandatory: true, messageId: `m-${n}`, contentType: 'application/json' }
          channel.publish('', name, body, options, (error) => (error ? reject(error) : resolve()))
        }),
    )
    await handled
  })
  check(total)
  await channel.deleteQueue(name)
  await Promise.all([sending.close(), receiving.close()])
  return result
}

async function sdk(name: string): Promise<Result> {
  const orders = queue<Order>(name)
  const bus = await connect(values.url)
  await bus.declare(orders)
  let total = 0
  const result = await measure(async () => {
    let tell = () => {}
    const handled = new Promise<void>((resolve) => {
      tell = resolve
    })
    let count = 0
    const handler = (order: Order) => {
      total += order.total
      if (++count === COUNT) tell()
    }
    await bus.consume(orders, handler, { prefetch: PREFETCH, concurrency: 16 })
    await sendAll((n) => bus.send(orders, orderOf(n), { id: `m-${n}` }))
    await handled
  })
  check(total)
  await bus.close()
  const cleaning = await amqplib.connect(values.url)
  const channel = await cleaning.createChannel()
  for (const one of [name, `${name}.dlq`]) await channel.deleteQueue(one)
  await cleaning.close()
  return result
}

function check(total: number): void {
  const expected = (COUNT * (COUNT - 1)) / 2
  if (total !== expected) throw new Error(`the totals add up to ${total}, but should to ${expected}`)
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1]!
}

const results: Record<'bare' | 'sdk', Result[]> = { bare: [], sdk: [] }
const run = Date.now().toString(36)
for (let round = 0; round <= ROUNDS; round++) {
  for (const [name, play] of [['bare', bare] as const, ['sdk', sdk] as const]) {
    const result = await play(`bench-${name}-${run}-${round}`)
    // The first round warms up.
    if (round > 0) results[name].push(result)
  }
}
const [without, with_] = [results.bare, results.sdk].map((all) => ({
  perSecond: median(all.map(({ perSecond }) => perSecond)),
  cpu: median(all.map(({ cpuMicroseconds }) => cpuMicroseconds)),
})) as [{ perSecond: number; cpu: number }, { perSecond: number; cpu: number }]
const row = (what: string, { perSecond, cpu }: { perSecond: number; cpu: number }) =>
  process.stdout.write(
    `${what.padEnd(14)}${perSecond.toFixed(0).padStart(8)} messages/s${cpu.toFixed(1).padStart(8)} µs of CPU each\n`,
  )
row('amqplib', without)
row('the SDK', with_)
process.stdout.write(`the SDK costs ${(100 * (1 - with_.perSecond / without.perSecond)).toFixed(1)} %\n`)
