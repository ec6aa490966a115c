import { MOST_NOTED, readNote, writeNote } from '../note.ts'

/**
 * What is settled of a partition, in any order. A commit has the first offset that is not settled, and in its metadata, as bits, which of those
 * behind it are: a consumer that goes on skips them.
 */
export class Ledger {
  /** Where this consumer began. */
  private readonly start: number
  /** How often the message at `start` was handed out in vain. */
  private readonly lost: number
  /** Settled by those before. */
  private readonly before: Set<number>
  /** Offsets that were read, in order; those below `first` are settled, and stored. */
  private begun: number[] = []
  private first = 0
  private readonly settled = new Set<number>()
  /** The next offset to be read. */
  private next: number

  constructor(offset: number, metadata: string) {
    const { open, lost, settled } = readNote(offset, metadata)
    this.start = offset
    this.next = offset
    this.lost = open ? lost + 1 : lost
    this.before = new Set(settled)
  }

  /** False if it was settled before, by another consumer. */
  begin(offset: number): boolean {
    this.next = offset + 1
    const known = this.before.delete(offset)
    this.begun.push(offset)
    if (known) this.settled.add(offset)
    return !known
  }

  /** Everything below was read. */
  readTo(offset: number): void {
    this.next = Math.max(this.next, offset)
  }

  settle(offset: number): void {
    this.settled.add(offset)
  }

  /** It could not be stored. */
  unsettle(offset: number): void {
    this.settled.delete(offset)
  }

  /** How many offsets there are between the first unsettled one and the last that was read. */
  get span(): number {
    return this.next - (this.begun[this.first] ?? this.next)
  }

  redeliveries(offset: number): number {
    return offset === this.start ? this.lost : 0
  }

  /** What is to be committed. `open`: the consumer goes on. */
  position(open: boolean): { readonly offset: number; readonly metadata: string } {
    let at = this.first
    while (at < this.begun.length && this.settled.has(this.begun[at]!)) at++
    const offset = this.begun[at] ?? this.next
    const lost = offset === this.start ? this.lost : 0
    const above: number[] = []
    for (at++; at < this.begun.length && this.begun[at]! - offset < MOST_NOTED; at++) {
      if (this.settled.has(this.begun[at]!)) above.push(this.begun[at]!)
    }
    // What those before settled and nobody has read again yet.
    for (const one of this.before) if (one > offset && one - offset < MOST_NOTED) above.push(one)
    return { offset, metadata: writeNote({ open, lost, settled: above }, offset) }
  }

  /** A commit of that offset is stored. */
  stored(offset: number): void {
    while (this.first < this.begun.length && this.begun[this.first]! < offset) {
      this.settled.delete(this.begun[this.first++]!)
    }
    if (this.first > 1024 || this.first === this.begun.length) {
      this.begun.splice(0, this.first)
      this.first = 0
    }
  }
}
