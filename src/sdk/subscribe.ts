import {
  type Consuming,
  ending,
  type Ground,
  type HandlingChoices,
  handlingOf,
  patienceOf,
  positive,
  unitOf,
} from './consume.ts'
import { Consumer } from './consumer.ts'
import { type Instant, instantMs } from './duration.ts'
import type { PartitionLag, StartPoint } from './engine.ts'
import type { Handler } from './handling.ts'
import { checkName } from './names.ts'
import type { AnyQueue } from './queue.ts'
import { Subscriber } from './subscriber.ts'
import type { AnyTopic } from './topic.ts'
import { retryQueueOf } from './wire-names.ts'

/** Where to read from. */
export type From =
  | 'earliest'
  | 'latest'
  | { readonly time: Instant }
  | { readonly offset: number; readonly partition?: number }

export interface SubscribeOptions<Out = unknown> extends HandlingChoices<Out> {
  /**
   * The name under which progress is kept: a durable subscription, which goes on where it was, and whose members share the partitions. Without one it is
   * ephemeral: nothing is kept for it.
   */
  readonly group?: string
  /** Where to begin: a durable subscription only if it has no progress yet. The latest unless given. */
  readonly from?: From
  /**
   * When a record is done: once its handler has returned, or, `'manual'`, once that has called `context.done()`, which may be later. Progress never passes a
   * record that is not done.
   */
  readonly progress?: 'automatic' | 'manual'
}

/** A subscription that runs. */
export interface Subscribed extends Consuming {
  /**
   * Goes on from another place, back or forth, and keeps that as its progress. It concerns the partitions that this subscription has; of a group with
   * several members each seeks its own.
   */
  seek(to: From): Promise<void>
  /** How many records of its partitions are still to be read. */
  lag(): Promise<number>
  /** The same by partition. */
  partitions(): Promise<readonly PartitionLag[]>
}

export async function startSubscriber(
  ground: Ground,
  topic: AnyTopic,
  handler: Handler<unknown, unknown>,
  options: SubscribeOptions,
): Promise<Subscribed> {
  const { engine, outgoing, log } = ground
  const group = options.group ?? null
  const where = `the subscription to topic '${topic.name}'`
  if (group !== null) checkName('group', group)
  const concurrency = positive(options.concurrency ?? 1, `concurrency of ${where}`)
  const from = startPoint(options.from ?? 'latest', `from of ${where}`)
  const patience = patienceOf(engine, options, where)
  const { inbox, unit } = unitOf(ground, group === null ? topic.name : `${topic.name}/${group}`, options, where)
  const handling = handlingOf(ground, topic, handler, options, unit, patience.signal, where)
  const retryQueue = group === null ? null : retryQueueOf(topic.name, group)
  const subscriber = new Subscriber(
    engine,
    { topic, group, from, concurrency, retryQueue, inbox, manual: options.progress === 'manual' },
    handling,
    log,
  )
  let retries: Consumer | null = null
  if (retryQueue !== null) {
    await engine.declareQueue({ name: retryQueue })
    const queue: AnyQueue = { ...topic, kind: 'queue', name: retryQueue, answer: null }
    const settings = { queue, concurrency, prefetch: 2 * concurrency, inbox, isRetryQueue: true }
    retries = new Consumer(engine, settings, handling, outgoing, log)
  }
  const subscribing = ending(async () => {
    await Promise.all([subscriber.stop(patience), retries?.stop(patience)])
  }, options.signal)
  await retries?.start(subscribing.fail)
  await subscriber.start(subscribing.fail)
  return {
    ...subscribing.handle,
    seek: (to) => subscriber.seek(startPoint(to, `the target of ${where}`)),
    lag: async () => (await subscriber.lag()).reduce((sum, { offset, end }) => sum + Math.max(0, end - offset), 0),
    partitions: () => subscriber.lag(),
  }
}

function startPoint(from: From, what: string): StartPoint {
  if (from === 'earliest' || from === 'latest') return { kind: from }
  if ('time' in from) return { kind: 'time', time: instantMs(from.time, what) }
  return { kind: 'offset', partition: from.partition ?? 0, offset: from.offset }
}
