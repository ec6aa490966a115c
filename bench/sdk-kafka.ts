import { Admin, Consumer, Producer } from '@platformatic/kafka'
import { connect } from '../src/engines/connect.ts'
import { json } from '../src/sdk/contract/json.ts'
import { queue } from '../src/sdk/queue.ts'
import { topic } from '../src/sdk/topic.ts'

/*
 * Messages a second through the SDK and through the bare client library, on the same broker: sent in batches of 100, acknowledged by all replicas
 * with an idempotent producer, parsed, handled, and their progress kept. Rounds take turns; the median counts.
 *
 *   node dist/bench/sdk-kafka.js HOST:PORT [MESSAGES] [ROUNDS]
 */
const [address = '127.0.0.1:9092', messages = '20000', rounds = '5'] = process.argv.slice(2)
const MANY = Number(messages)
const BATCH = 100
const PARTITIONS = 4

interface Order {
  readonly n: number
  readonly text: string
}

const ORDERS: readonly Order[] = Array.from({ length: MANY }, (_, n) => ({
  n,
  text: 'x'.repeat(100),
}))
const run = `bench-${process.pid}-${Date.now().toString(36)}`
const base = { clientId: 'bench', bootstrapBrokers: [address] }

/** Counts up to all messages. */
function counter() {
  let count = 0
  let done = () => {}
  const all = new Promise<void>((resolve) => {
    done = resolve
  })
  return { one: () => void (++count === MANY && done()), all }
}

async function inBatches(send: (part: readonly Order[]) => Promise<unknown>): Promise<void> {
  for (let at = 0; at < MANY; at += BATCH) await send(ORDERS.slice(at, at + BATCH))
}

async function bare(round: number): Promise<number> {
  const name = `${run}-bare-${round}`
  const admin = new Admin(base)
  await admin.createTopics({
    topics: [name],
    partitions: PARTITIONS,
    replicas: 1,
  })
  const producer = new Producer<string, string, string, string>({
    ...base,
    idempotent: true,
    serializers: {
      value: (text: string | undefined) => Buffer.from(text ?? ''),
    },
  } as never)
  const consumer = new Consumer<string, string, string, string>({
    ...base,
    groupId: name,
    deserializers: {
      value: (bytes: Buffer | undefined) => bytes?.toString() ?? '',
    },
  } as never)
  const stream = await consumer.consume({
    topics: [name],
    mode: 'earliest',
    autocommit: 100,
    maxWaitTime: 500,
  })
  const { one, all } = counter()
  stream.on('data', (message) => {
    const order: Order = JSON.parse(message.value)
    if (order.n >= 0) one()
  })
  const begun = performance.now()
  let spread = 0
  await inBatches((part) =>
    producer.send({
      messages: part.map((order) => ({
        topic: name,
        partition: spread++ % PARTITIONS,
        value: JSON.stringify(order),
      })),
    }),
  )
  await all
  const took = performance.now() - begun
  await consumer.close(true)
  await producer.close()
  await admin.deleteTopics({ topics: [name] })
  await admin.close()
  return (1000 * MANY) / took
}

async function sdk(kind: 'queue' | 'topic', round: number): Promise<number> {
  const name = `${run}-${kind}-${round}`
  const bus = await connect(`kafka://${address}`)
  const { one, all } = counter()
  const handle = (order: Order) => {
    if (order.n >= 0) one()
  }
  let begun = 0
  if (kind === 'queue') {
    const orders = queue(name, { schema: json<Order>() })
    await bus.consume(orders, handle, { prefetch: 1000 })
    begun = performance.now()
    await inBatches((part) => bus.sendBatch(orders, part))
  } else {
    const orders = topic(name, {
      schema: json<Order>(),
      partitions: PARTITIONS,
    })
    await bus.subscribe(orders, { group: name, from: 'earliest' }, handle)
    begun = performance.now()
    await inBatches((part) => bus.publishBatch(orders, part))
  }
  await all
  const took = performance.now() - begun
  await bus.close()
  return (1000 * MANY) / took
}

function median(figures: readonly number[]): number {
  return [...figures].sort((a, b) => a - b)[figures.length >> 1]!
}

const ways = {
  'the library': bare,
  'send + consume': sdk.bind(null, 'queue'),
  'publish + subscribe': sdk.bind(null, 'topic'),
}
const figures = new Map<string, number[]>(Object.keys(ways).map((way) => [way, []]))
for (let round = 0; round <= Number(rounds); round++) {
  for (const [way, measure] of Object.entries(ways)) {
    const figure = await measure(round)
    // The first round warms up.
    if (round > 0) figures.get(way)!.push(figure)
  }
}
const of = median(figures.get('the library')!)
for (const [way, all] of figures) {
  const figure = median(all)
  process.stdout.write(`${way.padEnd(20)} ${Math.round(figure)}/s  ${Math.round((100 * figure) / of)} %\n`)
}
const admin = new Admin(base)
const left = (await admin.listTopics()).filter((name) => name.startsWith(run))
if (left.length > 0) await admin.deleteTopics({ topics: left })
await admin.close()
