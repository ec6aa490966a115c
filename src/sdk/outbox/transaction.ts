import type { Outgoing } from '../outgoing.ts'
import type { OutboxEntry, Store } from './store.ts'

/** What `Bus.transaction` hands to its work, without the types of the bus. */
interface Collecting {
  readonly tx: unknown
  send: (...args: Parameters<Outgoing['message']>) => Promise<void>
  publish: (...args: Parameters<Outgoing['record']>) => Promise<void>
}

/** Runs `work`, and writes what it sent to the outbox of the transaction it runs in. */
export async function runWithOutbox<T>(
  store: Store<unknown>,
  tx: unknown,
  outgoing: Outgoing,
  work: (transaction: Collecting) => Promise<T>,
): Promise<T> {
  const entries: OutboxEntry[] = []
  const result = await work({
    tx,
    send: async (queue, payload, options = {}) => {
      await outgoing.ready(queue)
      entries.push({ kind: 'message', message: await outgoing.message(queue, payload, options) })
    },
    publish: async (topic, payload, options = {}) => {
      await outgoing.ready(topic)
      entries.push({ kind: 'record', record: await outgoing.record(topic, payload, options) })
    },
  })
  if (entries.length > 0) await store.add(tx, entries)
  return result
}
