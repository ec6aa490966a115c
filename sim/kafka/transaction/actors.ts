import type { World } from '../../world.ts'
import { Admin } from '../admin.ts'
import { LedgerAuditor } from './auditor.ts'
import { LEDGER, TransactionModel } from './model.ts'
import { LedgerReader } from './reader.ts'
import { TransactionWorker } from './worker.ts'

/** Workers with transactional ids, readers of what they commit, and somebody who compares. */
export function addTransactions(world: World): void {
  const { dice, swarm } = world
  const model = new TransactionModel(world, swarm.partitions)
  world.actors.push(new Admin(world, swarm.partitions, LEDGER))
  const workers: TransactionWorker[] = []
  for (let i = 0; i < swarm.workers; i++) {
    // Some share an id: they fence each other.
    const id = `id-${dice.chance(0.3) ? 0 : i}`
    workers.push(new TransactionWorker(world, model, `worker-${i}`, id))
  }
  const isIdle = () => workers.every((worker) => worker.done())
  const readers: LedgerReader[] = []
  for (let i = 0; i < Math.min(2, swarm.readers); i++) {
    readers.push(new LedgerReader(world, model, `ledger-reader-${i}`, isIdle))
  }
  world.actors.push(...workers, ...readers, new LedgerAuditor(world, model, readers, isIdle))
}
