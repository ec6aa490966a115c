import { connect } from '../../src/engines/connect.ts'
import { json } from '../../src/sdk/contract/json.ts'
import { queue } from '../../src/sdk/queue.ts'
import { topic } from '../../src/sdk/topic.ts'
import { Ledger, type Load, type Order, orderOf, ordersOf, type Session, sendAll } from './way.ts'

/** The SDK's queues, on any engine. */
export async function posthornQueue(url: string, name: string, load: Load): Promise<Session> {
  const orders = queue(name, { schema: json<Order>() })
  const ledger = new Ledger()
  const bus = await connect(url)
  const handler = load.async ? ledger.takeLater : ledger.take
  await bus.consume(orders, handler, { prefetch: load.prefetch, concurrency: load.prefetch })
  return {
    run: async (count) => {
      const handled = ledger.expect(count)
      await sendAll(count, load, (first, many) =>
        load.batch === 1 ? bus.send(orders, orderOf(first)) : bus.sendBatch(orders, ordersOf(first, many)),
      )
      await handled
    },
    close: () => bus.close(),
  }
}

/** The SDK's topics. */
export async function posthornTopic(url: string, name: string, load: Load): Promise<Session> {
  const orders = topic(name, { schema: json<Order>(), partitions: 4 })
  const ledger = new Ledger()
  const bus = await connect(url)
  const handler = load.async ? ledger.takeLater : ledger.take
  await bus.subscribe(orders, { group: name, from: 'earliest', concurrency: load.prefetch }, handler)
  return {
    run: async (count) => {
      const handled = ledger.expect(count)
      await sendAll(count, load, (first, many) =>
        load.batch === 1 ? bus.publish(orders, orderOf(first)) : bus.publishBatch(orders, ordersOf(first, many)),
      )
      await handled
    },
    close: () => bus.close(),
  }
}
