import type { Aborted } from './cleaner.ts'

/** A transaction that did not take place: what a reader of committed records leaves out. */
export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

/** The transactions of a partition as plain data, for a checkpoint: numbers in fours and pairs. */
export interface TransactionsSnapshot {
  /** Producer id and first offset of each open one, by rising offset. */
  readonly open: readonly (readonly [number, number])[]
  /** Producer id, first offset, offset of the marker, and the last stable offset behind it, of each aborted one. */
  readonly aborted: readonly (readonly [number, number, number, number])[]
}

/**
 * The transactions of one partition: which are open, which were aborted, and up to where everything is decided. A fold of its batches. Whoever reads
 * committed records reads below the last stable offset: what is open, and what is decided by a marker that is not readable yet, lies above.
 */
export class Transactions {
  /** First offsets by producer id, in rising order, for every new one begins at the end of the log. */
  private readonly open = new Map<number, number>()
  /** Decided, but the markers may not be readable yet; in the order of the markers. */
  private decided: { readonly first: number; readonly marker: number }[] = []
  /** Aborted ones in the order of their markers. */
  private ids: number[] = []
  private firsts: number[] = []
  private markers: number[] = []
  private stables: number[] = []

  /** Where the open transaction of a producer begins, or -1. */
  firstOffset(producerId: number): number {
    return this.open.get(producerId) ?? -1
  }

  begin(producerId: number, offset: number): void {
    if (!this.open.has(producerId)) this.open.set(producerId, offset)
  }

  /** A marker stands at `offset`. One that ends nothing changes nothing. */
  end(producerId: number, offset: number, commit: boolean): void {
    const first = this.open.get(producerId)
    if (first === undefined) return
    this.open.delete(producerId)
    this.decided.push({ first, marker: offset })
    if (commit) return
    this.ids.push(producerId)
    this.firsts.push(first)
    this.markers.push(offset)
    this.stables.push(this.firstOpen(offset + 1))
  }

  /** The last stable offset of a partition that may be read up to `highWatermark`. */
  lastStable(highWatermark: number): number {
    while (this.decided.length > 0 && this.decided[0]!.marker < highWatermark) this.decided.shift()
    let stable = this.firstOpen(highWatermark)
    for (const { first } of this.decided) stable = Math.min(stable, first)
    return stable
  }

  private firstOpen(otherwise: number): number {
    for (const first of this.open.values()) return Math.min(first, otherwise)
    return otherwise
  }

  /** The aborted transactions that have a record in `[from, to)`, or may have. */
  aborted(from: number, to: number): AbortedTransaction[] {
    const found: AbortedTransaction[] = []
    for (let i = this.firstMarkerSince(from); i < this.markers.length; i++) {
      if (this.firsts[i]! < to) found.push({ producerId: this.ids[i]!, firstOffset: this.firsts[i]! })
      // Behind the first one with a stable offset from there on, none reaches down again.
      if (this.stables[i]! >= to) break
    }
    return found
  }

  /** The same with the offsets from the first record to the marker: for compaction, which leaves their records out. */
  abortedRanges(from: number, to: number): Aborted[] {
    const found: Aborted[] = []
    for (let i = this.firstMarkerSince(from); i < this.markers.length; i++) {
      const [producerId, first, last] = [this.ids[i]!, this.firsts[i]!, this.markers[i]!]
      if (first < to) found.push({ producerId, first, last })
    }
    return found
  }

  /** Records below `offset` are gone, and with them what was aborted there. */
  trimBefore(offset: number): void {
    const count = this.firstMarkerSince(offset)
    if (count === 0) return
    for (const list of [this.ids, this.firsts, this.markers, this.stables]) list.splice(0, count)
  }

  /**
   * Of the markers in `[from, to)` only those at `kept` are left. What the others aborted has gone before them; who was still told of it would wait for the marker, and take what
   * the producer committed later for a part of it.
   */
  cleaned(from: number, to: number, kept: ReadonlySet<number>): void {
    const begin = this.firstMarkerSince(from)
    const end = this.firstMarkerSince(to)
    if (begin === end) return
    const stays = this.markers.map((marker, i) => i < begin || i >= end || kept.has(marker))
    const left = (list: readonly number[]) => list.filter((_, i) => stays[i])
    this.ids = left(this.ids)
    this.firsts = left(this.firsts)
    this.markers = left(this.markers)
    this.stables = left(this.stables)
  }

  private firstMarkerSince(offset: number): number {
    let low = 0
    let high = this.markers.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.markers[middle]! >= offset) high = middle
      else low = middle + 1
    }
    return low
  }

  /** After recovery all that is there may be read. */
  recovered(): void {
    this.decided = []
  }

  snapshot(): TransactionsSnapshot {
    const aborted = this.ids.map((id, i) => [id, this.firsts[i]!, this.markers[i]!, this.stables[i]!] as const)
    return { open: [...this.open], aborted }
  }

  load({ open, aborted }: TransactionsSnapshot): void {
    for (const [id, first] of open) this.open.set(id, first)
    for (const [id, first, marker, stable] of aborted) {
      this.ids.push(id)
      this.firsts.push(first)
      this.markers.push(marker)
      this.stables.push(stable)
    }
  }
}
