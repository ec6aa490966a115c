/** At which offset each leader epoch of a partition began: what tells a consumer whether its offset still means the same. */
export class Epochs {
  private readonly epochs: number[] = []
  private readonly starts: number[] = []

  /** A batch of `epoch` stands at `offset`; batches come in order, some of them twice. */
  note(epoch: number, offset: number): void {
    const last = this.epochs.length - 1
    if (last >= 0 && this.epochs[last]! >= epoch) return
    this.epochs.push(epoch)
    this.starts.push(offset)
  }

  /** The greatest epoch that is not above `epoch`, and the offset at which it ended; where all are above, that at which the first one began. */
  endOf(epoch: number, endOffset: number): { epoch: number; endOffset: number } {
    for (let i = this.epochs.length - 1; i >= 0; i--) {
      if (this.epochs[i]! > epoch) continue
      return { epoch: this.epochs[i]!, endOffset: this.starts[i + 1] ?? endOffset }
    }
    return epoch < 0 ? { epoch: -1, endOffset: -1 } : { epoch, endOffset: this.starts[0] ?? endOffset }
  }

  /** The epoch of a record; -1 if the offset is below all that is known. */
  at(offset: number): number {
    for (let i = this.epochs.length - 1; i >= 0; i--) if (this.starts[i]! <= offset) return this.epochs[i]!
    return -1
  }

  snapshot(): [epoch: number, start: number][] {
    return this.epochs.map((epoch, i) => [epoch, this.starts[i]!])
  }

  load(pairs: readonly (readonly [number, number])[]): void {
    for (const [epoch, start] of pairs) this.note(epoch, start)
  }
}
