import { Window } from '../../core/delivery/window.ts'
import type { Waiter } from '../../core/partition/partition.ts'
import type { Timer } from '../timers.ts'

/** How far a share group has come in one partition. */
export class SharePartition {
  readonly group: string
  readonly topicId: string
  readonly number: number
  /** Null until the group first reads the partition. */
  window: Window | null = null
  /** Who waits for records that may be handed out. */
  readonly waiters = new Set<Waiter>()
  /** For the records whose time is over next. */
  timer: Timer | null = null
  /** The journal position after its last record. */
  changedAt = 0

  constructor(group: string, topicId: string, number: number) {
    this.group = group
    this.topicId = topicId
    this.number = number
  }

  /** Something may be handed out again. */
  wake(): void {
    for (const waiter of [...this.waiters]) waiter.partitionMoved()
  }

  startAt(offset: number): void {
    this.window = new Window(offset)
  }
}
