import { setTimeout as pause } from 'node:timers/promises'
import { loadInstalled } from './installed.ts'
import { Ledger, type Load, type Order, orderOf, ordersOf, type Session, sendAll } from './way.ts'

interface Job {
  readonly id: string
  readonly data: Order
}

/** What is used of pg-boss, which is no dependency. */
interface PgBoss {
  start(): Promise<unknown>
  stop(options: object): Promise<unknown>
  createQueue(name: string): Promise<unknown>
  send(name: string, order: Order): Promise<unknown>
  insert(jobs: readonly { readonly name: string; readonly data: Order }[]): Promise<unknown>
  fetch(name: string, options: object): Promise<readonly Job[]>
  deleteJob(name: string, ids: readonly string[]): Promise<unknown>
}

/** Connections to the database. */
const CONNECTIONS = 20
/** How long the consumer waits when there was nothing, in milliseconds: its own workers look every half second at most often. */
const EMPTY_MS = 5

/** pg-boss on PostgreSQL: a consumer takes as many as are its prefetch, handles them, and deletes them with one statement. */
export async function pgBoss(url: string, name: string, load: Load): Promise<Session> {
  const { default: PgBoss } = (await loadInstalled('pg-boss')) as { readonly default: new (options: object) => PgBoss }
  const boss = new PgBoss({ connectionString: url, max: CONNECTIONS, supervise: false, schedule: false })
  await boss.start()
  await boss.createQueue(name)
  const ledger = new Ledger()
  let closing = false
  const consume = async () => {
    while (!closing) {
      const jobs = await boss.fetch(name, { batchSize: load.prefetch })
      for (const { data } of jobs) ledger.take(data)
      if (jobs.length === 0) await pause(EMPTY_MS)
      else
        await boss.deleteJob(
          name,
          jobs.map(({ id }) => id),
        )
    }
  }
  const consuming = consume()
  return {
    run: async (count) => {
      const handled = ledger.expect(count)
      await sendAll(count, load, (first, many) =>
        many === 1
          ? boss.send(name, orderOf(first))
          : boss.insert(ordersOf(first, many).map((data) => ({ name, data }))),
      )
      await handled
    },
    close: async () => {
      closing = true
      await consuming
      await boss.stop({ graceful: false })
    },
  }
}
