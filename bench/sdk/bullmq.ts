import { loadInstalled } from './installed.ts'
import { Ledger, type Load, type Order, orderOf, ordersOf, type Session, sendAll } from './way.ts'

interface Closable {
  close(): Promise<void>
}

/** What is used of BullMQ, which is no dependency. */
interface BullMq {
  readonly Queue: new (
    name: string,
    options: object,
  ) => Closable & {
    add(name: string, order: Order): Promise<unknown>
    addBulk(jobs: readonly { readonly name: string; readonly data: Order }[]): Promise<unknown>
    waitUntilReady(): Promise<unknown>
  }
  readonly Worker: new (
    name: string,
    handle: (job: { readonly data: Order }) => Promise<void>,
    options: object,
  ) => Closable & { waitUntilReady(): Promise<unknown> }
}

/** BullMQ on Redis at HOST:PORT: jobs that are handled are gone, as messages are. */
export async function bullMq(address: string, name: string, load: Load): Promise<Session> {
  const { Queue, Worker } = (await loadInstalled('bullmq')) as BullMq
  const [host, port] = address.split(':')
  const connection = { host, port: Number(port), maxRetriesPerRequest: null }
  const ledger = new Ledger()
  const queue = new Queue(name, { connection, defaultJobOptions: { removeOnComplete: true, removeOnFail: true } })
  const worker = new Worker(name, async ({ data }) => ledger.take(data), { connection, concurrency: load.prefetch })
  await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()])
  return {
    run: async (count) => {
      const handled = ledger.expect(count)
      await sendAll(count, load, (first, many) =>
        many === 1
          ? queue.add('order', orderOf(first))
          : queue.addBulk(ordersOf(first, many).map((data) => ({ name: 'order', data }))),
      )
      await handled
    },
    close: async () => {
      await worker.close()
      await queue.close()
    },
  }
}
