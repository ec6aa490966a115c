/** When a partition's log begins a new segment. */
export interface SegmentLimits {
  /** `segment.bytes`. */
  readonly bytes: number
  /** `segment.ms`, or `max.compaction.lag.ms` if the topic is compacted and that is less. */
  readonly ms: number
}

export interface SegmentsSnapshot {
  readonly starts: number[]
  readonly bytes: number
  readonly first: number
  readonly end: number
}

/**
 * Where a partition's segments begin. There are no files behind them: all topics live in one log. But retention lets go of whole segments,
 * and compaction leaves the last one, the active one, alone; so users see when a segment begins, and it begins when Kafka's would. A fold of
 * the batches, fed in the order of offsets; batches that it has had change nothing.
 */
export class Segments {
  limits: SegmentLimits = { bytes: Number.POSITIVE_INFINITY, ms: Number.POSITIVE_INFINITY }
  /** Base offsets, rising; of the active segment last. */
  private starts: number[] = []
  /** Bytes that were appended to the active segment. */
  private bytes = 0
  /** The timestamp of its first batch. */
  private first = 0
  private end = 0

  /** The base offset of the active segment, or -1 if there is none. */
  get active(): number {
    return this.starts.length === 0 ? -1 : this.starts[this.starts.length - 1]!
  }

  /** Base offsets of all segments. */
  all(): readonly number[] {
    return this.starts
  }

  appended(base: number, last: number, bytes: number, timestamp: number): void {
    if (base < this.end) return
    this.end = last + 1
    const { limits } = this
    const full = this.bytes + bytes > limits.bytes || timestamp - this.first > limits.ms
    if (this.starts.length === 0 || (this.bytes > 0 && full)) {
      this.starts.push(base)
      this.bytes = 0
      this.first = timestamp
    }
    this.bytes += bytes
  }

  /** The log begins at `offset` now. */
  trim(offset: number): void {
    let gone = 0
    while (gone + 1 < this.starts.length && this.starts[gone + 1]! <= offset) gone++
    if (gone > 0) this.starts.splice(0, gone)
    // All of it is gone: what comes next begins a segment.
    if (this.starts.length === 1 && offset >= this.end) this.starts = []
  }

  snapshot(): SegmentsSnapshot {
    return { starts: [...this.starts], bytes: this.bytes, first: this.first, end: this.end }
  }

  load({ starts, bytes, first, end }: SegmentsSnapshot): void {
    this.starts = [...starts]
    this.bytes = bytes
    this.first = first
    this.end = end
  }
}
