import { deadlineOf } from '../../core/transaction/expiry.ts'
import type { Transaction, TransactionFact } from '../../core/transaction/transaction.ts'
import type { Broker } from '../broker.ts'
import type { Groups } from '../group/groups.ts'
import { Record } from '../records.ts'
import type { Timer } from '../timers.ts'
import type { Topic } from '../topic/topic.ts'
import type { Topics } from '../topic/topics.ts'
import { writeTransaction } from './transaction-record.ts'

export interface TransactionOptions {
  /** `transaction.max.timeout.ms`: no producer may ask for more. */
  readonly maxTimeoutMs: number
  /** `transactional.id.expiration.ms`: a transactional id that is not used for so long is forgotten. */
  readonly expirationMs: number
  /** How often that is looked after. */
  readonly expirationCheckMs: number
}

/** Kafka's defaults. */
export const TRANSACTION_DEFAULTS: TransactionOptions = {
  maxTimeoutMs: 900_000,
  expirationMs: 7 * 24 * 3_600_000,
  expirationCheckMs: 3_600_000,
}

/** What a transactional id, one of its partitions and one of its offsets take in memory, roughly. */
const TRANSACTION_BYTES = 600
const PARTITION_BYTES = 40
const OFFSET_BYTES = 200

/** All transactional ids: the coordinator's memory. What can be done to them stands beside, one file per verb. */
export class Transactions {
  readonly broker: Broker
  readonly topics: Topics
  readonly groups: Groups
  readonly options: TransactionOptions
  readonly byId = new Map<string, Transaction>()
  /** Transactions with offsets for a group that are not committed yet. */
  readonly byGroup = new Map<string, Set<Transaction>>()
  /** The journal position after the last id that was forgotten: what an answer that misses one waits for. */
  forgottenAt = 0
  /** What happens to a transaction that has been open for too long. */
  onExpired: (transaction: Transaction) => void = () => {}
  private readonly timers = new Map<Transaction, Timer>()

  constructor(topics: Topics, groups: Groups, options: Partial<TransactionOptions> = {}) {
    this.broker = topics.broker
    this.topics = topics
    this.groups = groups
    this.options = { ...TRANSACTION_DEFAULTS, ...options }
    this.broker.memory.holders.push(() => this.bytes())
  }

  private bytes(): number {
    let bytes = this.byId.size * TRANSACTION_BYTES
    for (const { partitions, offsets } of this.byId.values()) {
      bytes += partitions.size * PARTITION_BYTES
      for (const pending of offsets.values()) bytes += pending.size * OFFSET_BYTES
    }
    return bytes
  }

  /** Puts a fact in the journal and remembers it; the room has been asked for. */
  record(transaction: Transaction, fact: TransactionFact): void {
    const { store, arena, turn } = this.broker
    const payload = writeTransaction(transaction.id, fact)
    const at = store.journal.append(Record.transaction, payload.length)
    arena.bytes.set(payload, at)
    this.apply(transaction, fact, store.journal.tail)
    this.arm(transaction)
    turn.touch()
  }

  /** Remembers a fact: live, and at recovery. */
  apply(transaction: Transaction, fact: TransactionFact, position: number): void {
    if (fact.op === 'offsets') this.wait(fact.group, transaction)
    else if (fact.op !== 'touch') for (const group of transaction.offsets.keys()) this.unwait(group, transaction)
    transaction.apply(fact)
    transaction.changedAt = position
    if (fact.op === 'forget') {
      this.byId.delete(transaction.id)
      this.forgottenAt = position
    } else this.byId.set(transaction.id, transaction)
  }

  /** As in Kafka a transaction goes on to tell of partitions whose topic is deleted while it is open. */
  topicDeleted({ name, partitions }: Topic): void {
    for (const transaction of this.byId.values()) {
      if (!transaction.isOpen) continue
      for (const { id, number } of partitions) {
        if (transaction.partitions.has(id)) transaction.gone.set(id, { topic: name, partition: number })
      }
    }
  }

  private wait(group: string, transaction: Transaction): void {
    let waiting = this.byGroup.get(group)
    if (waiting === undefined) this.byGroup.set(group, (waiting = new Set()))
    waiting.add(transaction)
  }

  private unwait(group: string, transaction: Transaction): void {
    const waiting = this.byGroup.get(group)
    if (waiting === undefined) return
    waiting.delete(transaction)
    if (waiting.size === 0) this.byGroup.delete(group)
  }

  /** Whether an offset is about to change, or not, by an open transaction. */
  isUnstable(group: string, topic: string, partition: number): boolean {
    for (const transaction of this.byGroup.get(group) ?? []) {
      if (transaction.offsets.get(group)!.has(topic, partition)) return true
    }
    return false
  }

  /** The journal position of what `isUnstable` says of a group. */
  unstableAt(group: string): number {
    let position = 0
    for (const { changedAt } of this.byGroup.get(group) ?? []) position = Math.max(position, changedAt)
    return position
  }

  /** Keeps the timer in step with what the transaction has become. */
  arm(transaction: Transaction): void {
    const { timers } = this.broker
    const timer = this.timers.get(transaction)
    if (transaction.isOpen === (timer !== undefined)) return
    if (timer !== undefined) {
      timers.clear(timer)
      this.timers.delete(transaction)
    } else this.abortIn(transaction, deadlineOf(transaction) - this.broker.env.clock.now())
  }

  /** Aborts the transaction in a while, unless it has ended by then. */
  abortIn(transaction: Transaction, delayMs: number): void {
    const timer = this.broker.timers.after(Math.max(0, delayMs), () => {
      this.timers.delete(transaction)
      this.onExpired(transaction)
    })
    this.timers.set(transaction, timer)
  }
}
