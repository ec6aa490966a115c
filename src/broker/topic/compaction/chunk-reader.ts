import type { Partition } from '../../../core/partition/partition.ts'
import { addPiece, type Piece, readAll } from '../read.ts'
import type { Topics } from '../topics.ts'

/** Bytes that are read, cleaned and written in one go; at least an entry. */
const GO = 512 * 1024

/** A run of whole entries of the index, in memory. */
export interface Chunk {
  readonly from: number
  readonly to: number
  readonly bytes: Uint8Array
}

type Taker = (error: Error | null, chunk: Chunk | null) => void

/** What is read before it is asked for. */
interface Ahead {
  readonly from: number
  readonly end: number
  outcome: { readonly error: Error | null; readonly chunk: Chunk | null } | null
  taker: Taker | null
}

/**
 * Reads a partition's entries in their order. While one chunk is worked on, the next is read: the disk and the thread for heavy work then don't wait for
 * each other, and no more than two chunks are in memory.
 */
export class ChunkReader {
  private readonly topics: Topics
  private readonly partition: Partition
  private ahead: Ahead | null = null

  constructor(topics: Topics, partition: Partition) {
    this.topics = topics
    this.partition = partition
  }

  /** The next entries that begin at `from` or above and end at `end` or below; null if there are none. */
  take(from: number, end: number, taker: Taker): void {
    const ahead = this.ahead?.from === from && this.ahead.end === end ? this.ahead : this.begin(from, end)
    ahead.taker = taker
    if (ahead.outcome !== null) this.hand(ahead)
  }

  private begin(from: number, end: number): Ahead {
    const ahead: Ahead = { from, end, outcome: null, taker: null }
    this.ahead = ahead
    this.read(from, end, (error, chunk) => {
      ahead.outcome = { error, chunk }
      if (ahead.taker !== null) this.hand(ahead)
    })
    return ahead
  }

  private hand(ahead: Ahead): void {
    const { error, chunk } = ahead.outcome!
    if (this.ahead === ahead) this.ahead = null
    if (chunk !== null) this.begin(chunk.to, ahead.end)
    ahead.taker!(error, chunk)
  }

  private read(from: number, end: number, taker: Taker): void {
    const { partition, topics } = this
    const { index } = partition
    const { store, arena } = topics.broker
    const plan = { pieces: [] as Piece[], bytes: 0 }
    let to = from
    let entry = partition.deleted ? -1 : index.find(from)
    const first = entry === -1 ? from : Math.min(from, index.baseOffset(entry))
    for (; entry !== -1 && index.lastOffset(entry) < end; entry = index.next(entry)) {
      const length = index.length(entry)
      if (plan.bytes > 0 && plan.bytes + length > GO) break
      addPiece(plan, index.place(entry), index.position(entry), length)
      to = index.lastOffset(entry) + 1
    }
    if (plan.bytes === 0) {
      taker(null, null)
      return
    }
    const bytes = new Uint8Array(plan.bytes)
    readAll(store, arena.bytes, plan, bytes, 0, (error) => {
      taker(error, error === null ? { from: first, to, bytes } : null)
    })
  }
}
