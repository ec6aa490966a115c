/** Who rebuilds state at start: first the checkpoint's parts, then every journal record since, in order. */
export interface Fold {
  /** A part of the checkpoint, as `snapshot` wrote it. `bytes` may be kept. */
  part(kind: number, bytes: Uint8Array): void
  /**
   * A journal record: its payload is `bytes[at, at + length)` (not to be kept), `position` the payload's first byte in the journal,
   * `time` the wall-clock time of its frame.
   */
  record(type: number, bytes: Uint8Array, at: number, length: number, position: number, time: number): void
  /**
   * The state in parts. The first parts, up to the first one whose `consistent` is false, are taken in one go; the others
   * are pulled one by one between turns, each a bounded slice (about 1 MiB at most) of the state as it then is.
   */
  snapshot(): Generator<{ kind: number; bytes: Uint8Array; consistent: boolean }>
  /** Everything whose index points into the store. */
  owners(): Iterable<Owner>
  owner(id: number): Owner | undefined
}

/** Something whose index points into the store: a queue or a partition. */
export interface Owner {
  /** Never used twice; queues and partitions share the numbers. */
  readonly id: number
  /**
   * Neighbouring entries that come to lie side by side in a segment are moved as one run, and are one entry from then on: a
   * partition's batches. Never a queue's messages.
   */
  readonly runs: boolean
  /**
   * Calls `visit` for each entry from sequence `first` on whose bytes begin in `[from, to)` of `place`, in rising order of
   * `sequence`. Looks at `limit` entries or so and returns the sequence to go on with, or -1 when it has seen them all.
   */
  eachLive(
    place: number,
    from: number,
    to: number,
    first: number,
    limit: number,
    visit: (sequence: number, position: number, length: number) => void,
  ): number
  /**
   * Whether the entry `sequence` is there, its bytes are where they were, and it comes directly behind the entry `after` (-1 for wherever it
   * is): compaction may have put others in their place, or between them.
   */
  isAt(sequence: number, place: number, position: number, after: number): boolean
  /**
   * The entry `sequence` (or, of an owner with runs, the run of entries that begins with it) has `length` bytes and is at
   * another place now. Nothing happens if the entry is gone, or is in that segment or a newer one already: a move may be
   * replayed after later ones. Returns whether it was moved.
   */
  move(sequence: number, place: number, position: number, length: number): boolean
}
