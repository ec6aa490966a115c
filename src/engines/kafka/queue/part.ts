import type { IncomingRecord } from '../../../sdk/engine.ts'
import { Source } from '../client/reader.ts'
import { DueTimes } from './due-times.ts'
import { Ledger } from './ledger.ts'

/** Messages that wait here for the consumer before no more are read. */
const MOST_BUFFERED = 1000
/** Messages that wait here until they are due. */
const MOST_WAITING = 10_000
/** Unsettled messages, and those between them, before no more are read: a commit can tell of as many. */
const LONGEST_SPAN = 10_000

/** One partition of a queue, or of its messages that are not due, while this consumer has it. */
export class Part {
  readonly source: Source
  readonly ledger: Ledger
  /** Null where all are due. */
  readonly due: DueTimes<IncomingRecord> | null
  /** Messages of it that wait to be handed out. */
  buffered = 0
  /** Handed out and not settled. */
  out = 0
  /** It goes to another consumer: nothing more is handed out. */
  leaving = false
  /** Another consumer may have it: nothing more is settled. */
  gone = false
  /** Everything below was deleted. */
  deleted: number
  private idle: (() => void)[] = []
  private reads: (() => void)[] = []

  constructor(topic: string, partition: number, offset: number, metadata: string, later: boolean) {
    this.source = new Source(topic, partition, offset)
    this.ledger = new Ledger(offset, metadata)
    this.due = later ? new DueTimes() : null
    this.deleted = offset
  }

  /** True if it has to be read on. */
  regulate(): boolean {
    const waiting = this.due?.size ?? 0
    const full = this.buffered >= MOST_BUFFERED || waiting >= MOST_WAITING || this.ledger.span >= LONGEST_SPAN
    const goes = this.source.paused && !full
    this.source.paused = full
    return goes
  }

  settledOne(): void {
    if (--this.out > 0) return
    for (const resolve of this.idle.splice(0)) resolve()
  }

  /** Resolves when nothing of it is out. */
  whenIdle(): Promise<void> {
    if (this.out === 0) return Promise.resolve()
    return new Promise((resolve) => this.idle.push(resolve))
  }

  /** Something was read, or nothing is read any more. */
  moved(): void {
    for (const resolve of this.reads.splice(0)) resolve()
  }

  /** Calls back when that is so the next time. */
  whenRead(resolve: () => void): void {
    this.reads.push(resolve)
  }
}
