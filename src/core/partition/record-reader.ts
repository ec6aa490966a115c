/** Reads the records of a batch one by one, where they lie: what `next` found stands in the fields. */
export class RecordReader {
  /** The record, its length included, is `bytes[start, end)`. */
  start = 0
  end = 0
  timestampDelta = 0
  offsetDelta = 0
  /** Where the offset delta begins: all that follows does not depend on the batch's base. */
  restAt = 0
  keyAt = 0
  /** -1 for a record without a key. */
  keyLength = -1
  valueAt = 0
  /** -1 for a tombstone. */
  valueLength = -1
  /** Where the headers begin, behind their number. */
  headersAt = 0
  headers = 0
  /** The bytes are not records. */
  broken = false
  readonly bytes: Uint8Array
  private at: number
  private readonly limit: number

  constructor(bytes: Uint8Array, from: number, to: number) {
    this.bytes = bytes
    this.at = from
    this.end = from
    this.limit = to
  }

  /** Reads the next record; false at the end, or if what is there is none. */
  next(): boolean {
    if (this.broken || this.end >= this.limit) return false
    this.start = this.at = this.end
    const length = this.varint()
    const end = this.at + length
    if (!(length > 0 && end <= this.limit)) return this.fail()
    this.at++
    this.timestampDelta = this.varint()
    this.restAt = this.at
    this.offsetDelta = this.varint()
    this.keyLength = this.varint()
    this.keyAt = this.at
    if (this.keyLength > 0) this.at += this.keyLength
    this.valueLength = this.varint()
    this.valueAt = this.at
    if (this.valueLength > 0) this.at += this.valueLength
    this.headers = this.varint()
    this.headersAt = this.at
    const sound = this.keyLength >= -1 && this.valueLength >= -1 && this.headers >= 0 && this.at <= end
    if (!sound || Number.isNaN(this.timestampDelta) || !(this.offsetDelta >= 0)) return this.fail()
    this.end = end
    return true
  }

  private fail(): false {
    this.broken = true
    return false
  }

  /** A zigzag varint; NaN where there are no more bytes. */
  private varint(): number {
    const { bytes, limit } = this
    let value = 0
    let factor = 1
    for (let i = 0; i < 10; i++) {
      if (this.at >= limit) break
      const byte = bytes[this.at++]!
      value += (byte & 0x7f) * factor
      factor *= 128
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    }
    return Number.NaN
  }
}
