import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '../src/engines/connect.ts'
import { json } from '../src/sdk/contract/json.ts'
import { queue } from '../src/sdk/queue.ts'
import { testBroker } from '../src/testing/test-broker.ts'

/*
 * How many messages of about 100 bytes of JSON go through the SDK on the embedded engine in a second: sent one by one with 1,000 unconfirmed, and
 * handled; and how long a broker for a test takes to start.
 *
 *   node dist/bench/sdk.js [COUNT]
 */
const COUNT = Number(process.argv[2] ?? 100_000)
const WINDOW = 1000
const PAYLOAD = { id: 'o-12345678', customer: 'c-12345678', total: 1234.5, note: 'thirty characters of text here' }

async function measure(name: string, url: string): Promise<void> {
  const orders = queue('orders', { schema: json<typeof PAYLOAD>() })
  const bus = await connect(url)
  await bus.declare(orders)
  let handled = 0
  let sent = 0
  let all = () => {}
  const done = new Promise<void>((resolve) => {
    all = resolve
  })
  const began = performance.now()
  await bus.consume(
    orders,
    () => {
      if (++handled === COUNT) all()
    },
    { concurrency: 100, prefetch: WINDOW },
  )
  const lanes = Array.from({ length: WINDOW }, async () => {
    while (sent < COUNT) {
      sent++
      await bus.send(orders, PAYLOAD)
    }
  })
  await Promise.all(lanes)
  await done
  const seconds = (performance.now() - began) / 1000
  process.stdout.write(`${name.padEnd(28)} ${Math.round(COUNT / seconds)} messages/s sent, stored and handled\n`)
  await bus.close()
}

async function measureStart(): Promise<void> {
  const times: number[] = []
  for (let n = 0; n < 10; n++) {
    const began = performance.now()
    const broker = await testBroker()
    times.push(performance.now() - began)
    await broker.close()
  }
  const median = times.sort((a, b) => a - b)[5]!
  process.stdout.write(`${'testBroker()'.padEnd(28)} ${median.toFixed(1)} ms, the median of 10\n`)
}

const directory = await mkdtemp(join(tmpdir(), 'posthorn-'))
await measure('memory:', 'memory:')
await measure('file: (fsync)', `file:${join(directory, 'data')}`)
await measureStart()
await rm(directory, { recursive: true })
