import { fenceOf } from '../../core/transaction/end.ts'
import { isForgettable } from '../../core/transaction/expiry.ts'
import type { Transaction } from '../../core/transaction/transaction.ts'
import type { Task } from '../turn.ts'
import { endRoom, endTransaction } from './end.ts'
import { imageRoom } from './transaction-record.ts'
import type { Transactions } from './transactions.ts'

/** How long an abort waits for room in the journal before it is tried again. */
const RETRY_MS = 100
/** Transactional ids looked at in one turn. */
const IDS_PER_STEP = 200

/** A transaction has been open for longer than its producer said it would be: it is aborted, and the producer fenced. */
export function abortExpired(transactions: Transactions, transaction: Transaction): void {
  const { broker } = transactions
  if (!transaction.isOpen) return
  if (!broker.hasRoomForSettlement(endRoom(transaction))) {
    transactions.abortIn(transaction, RETRY_MS)
    return
  }
  endTransaction(transactions, transaction, fenceOf(transaction, broker.env.clock.now()))
}

/** Looks now and then for transactional ids that nobody uses any more. */
export function scheduleExpiry(transactions: Transactions): void {
  const { broker, options } = transactions
  broker.timers.after(options.expirationCheckMs, () => {
    broker.turn.start(new Sweep(transactions))
    scheduleExpiry(transactions)
  })
}

class Sweep implements Task {
  private readonly transactions: Transactions
  private readonly left: Iterator<Transaction>

  constructor(transactions: Transactions) {
    this.transactions = transactions
    this.left = [...transactions.byId.values()].values()
  }

  step(): boolean {
    const { broker, options } = this.transactions
    const now = broker.env.clock.now()
    for (let i = 0; i < IDS_PER_STEP; i++) {
      const { done, value } = this.left.next()
      if (done) return true
      if (!isForgettable(value, now, options.expirationMs)) continue
      // Without room nothing happens: the next sweep finds the same.
      if (broker.hasRoomForSettlement(imageRoom(value.id))) this.transactions.record(value, { op: 'forget' })
    }
    return false
  }
}
