import type { Env } from '../env/env.ts'
import type { Arena } from '../std/arena.ts'
import { Store, type StoreEvent, type StoreOptions } from '../store/store.ts'
import { registerAccess } from './access/facts.ts'
import { registerAcls } from './acl/acls.ts'
import { Broker, type BrokerEvent, type BrokerOptions } from './broker.ts'
import { registerDefinitions } from './definitions.ts'
import { recoverKept } from './delay/recover.ts'
import { releaseDue } from './delay/release.ts'
import { registerKept } from './exchange/kept-record.ts'
import { registerFeatures } from './feature/features.ts'
import { registerPolicies } from './policy/apply.ts'
import { registerParameters } from './policy/facts.ts'
import { buryDead } from './queue/bury.ts'
import { deliverWoken } from './queue/deliver.ts'
import { registerQueueFold } from './queue/fold.ts'
import { registerLeases } from './queue/lease.ts'
import { journalSettlements } from './queue/queue-facts.ts'
import { registerQuotas } from './quota/quotas.ts'
import { registerSubjects } from './subject/facts.ts'
import { registerTopology } from './topology.ts'
import { registerVHosts } from './vhost/facts.ts'

export interface OpenOptions {
  readonly env: Env
  readonly arena: Arena
  readonly broker: BrokerOptions
  readonly store: StoreOptions
  /** Teaches the broker further nouns, before anything is recovered. */
  readonly register: readonly ((broker: Broker) => void)[]
  /** The store can promise nothing more: the process has to stop. */
  readonly onFatal: (error: Error) => void
  /** What recovery found, and what went wrong since. */
  readonly report: (event: StoreEvent | BrokerEvent) => void
}

/**
 * Opens the data directory and rebuilds the broker's state from it: what the checkpoint says, then every journal record since.
 * Synchronous: nobody is served before it is done.
 */
export function openBroker(options: OpenOptions): Broker {
  const { env, arena, onFatal, report } = options
  const broker = makeBroker(options)
  broker.report = report
  broker.attach((fold) =>
    Store.open({
      disk: env.disk,
      clock: env.clock,
      random: env.random,
      arena,
      options: options.store,
      fold,
      onFatal,
      report,
    }),
  )
  // Delayed messages and dead letters first: what they leave behind may be delivered at once.
  broker.turn.stages.push(
    () => releaseDue(broker),
    () => buryDead(broker),
    () => broker.streams?.endTurn(),
    () => deliverWoken(broker),
    () => journalSettlements(broker),
    tickStore(broker),
  )
  broker.store.onProgress = broker.progressed
  for (const after of broker.afterRecovery) after(broker.store.clean)
  broker.store.recovered()
  broker.memory.holders.push(() => env.net.kept)
  broker.memory.watch()
  return broker
}

/** A broker with all its nouns and no store: it can be rebuilt, and looked at. */
export function makeBroker({
  env,
  arena,
  broker: options,
  register,
}: Pick<OpenOptions, 'env' | 'arena' | 'broker' | 'register'>): Broker {
  const broker = new Broker(env, arena, options)
  registerDefinitions(broker)
  registerVHosts(broker)
  registerParameters(broker)
  registerTopology(broker)
  registerAccess(broker)
  registerAcls(broker)
  registerQuotas(broker)
  registerFeatures(broker)
  registerSubjects(broker)
  registerPolicies(broker)
  registerQueueFold(broker)
  registerLeases(broker)
  registerKept(broker)
  recoverKept(broker)
  for (const one of register) one(broker)
  return broker
}

/** Lets the store try again what a full disk refused, when it wants to. */
function tickStore(broker: Broker): () => void {
  let set = false
  return () => {
    const deadline = broker.store.nextDeadline()
    if (set || deadline === Number.POSITIVE_INFINITY) return
    set = true
    broker.timers.after(deadline - broker.env.clock.elapsed(), () => {
      set = false
      broker.store.tick()
      broker.turn.touch()
    })
  }
}
