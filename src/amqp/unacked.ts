const FIRST_CAPACITY = 16
/** A tag, a sequence and an owner. */
const ENTRY_BYTES = 24
/** A ring that is empty gives back what it holds above this. */
const KEPT_CAPACITY = 4096

/**
 * The deliveries of one channel that wait for their acknowledgement, in the order of their tags: a ring of typed arrays. `O` is
 * whoever got the delivery. An entry that is settled out of order stays, without an owner, until those before it are gone.
 */
export class Unacked<O> {
  /** Deliveries that wait. */
  outstanding = 0
  /** Entries `[head, tail)`, counted from the beginning of time; their place is `& mask`. */
  private head = 0
  private tail = 0
  private mask = FIRST_CAPACITY - 1
  private tags = new Float64Array(FIRST_CAPACITY)
  private sequences = new Float64Array(FIRST_CAPACITY)
  private owners: (O | null)[] = new Array(FIRST_CAPACITY).fill(null)
  private readonly holds: (bytes: number) => void

  /** `holds` is told when more memory is held, or less. */
  constructor(holds: (bytes: number) => void = () => {}) {
    this.holds = holds
  }

  /** `tag` is above all before it. */
  push(tag: number, owner: O, sequence: number): void {
    if (this.tail - this.head > this.mask) this.resize((this.mask + 1) * 2)
    const at = this.tail & this.mask
    this.tags[at] = tag
    this.sequences[at] = sequence
    this.owners[at] = owner
    this.tail++
    this.outstanding++
  }

  /** The entry of a delivery that waits, or -1. It is good until the next `push`. */
  find(tag: number): number {
    if (this.head === this.tail) return -1
    const guess = this.head + (tag - this.tags[this.head & this.mask])
    const exact = guess >= this.head && guess < this.tail && this.tags[guess & this.mask] === tag
    const entry = exact ? guess : this.search(tag)
    return entry >= 0 && this.owners[entry & this.mask] !== null ? entry : -1
  }

  /** The first entry that waits, or -1. */
  first(): number {
    return this.head < this.tail ? this.head : -1
  }

  /** Those that are pushed from now on are above. */
  get last(): number {
    return this.tail - 1
  }

  /** The entry behind `entry` that waits, or -1. */
  next(entry: number): number {
    for (let i = entry + 1; i < this.tail; i++) if (this.owners[i & this.mask] !== null) return i
    return -1
  }

  owner(entry: number): O {
    return this.owners[entry & this.mask] as O
  }

  sequence(entry: number): number {
    return this.sequences[entry & this.mask]
  }

  tag(entry: number): number {
    return this.tags[entry & this.mask]
  }

  /** An entry waits on, but for nothing: its sequence is -1 from now on. */
  forget(entry: number): void {
    this.sequences[entry & this.mask] = -1
  }

  /** Takes an entry that waits out; entries keep their numbers. */
  remove(entry: number): void {
    this.owners[entry & this.mask] = null
    this.outstanding--
    if (entry !== this.head) return
    while (this.head < this.tail && this.owners[this.head & this.mask] === null) this.head++
    if (this.head === this.tail && this.mask >= KEPT_CAPACITY) this.resize(FIRST_CAPACITY)
  }

  /** Gives back what an empty ring holds. */
  release(): void {
    if (this.head === this.tail && this.mask >= FIRST_CAPACITY) this.resize(FIRST_CAPACITY)
  }

  /** Puts entries back that were taken out, given as tag, owner and sequence. */
  restore(entries: readonly (readonly [number, O, number])[]): void {
    if (entries.length === 0) return
    const all = [...entries]
    for (let entry = this.first(); entry >= 0; entry = this.next(entry)) {
      all.push([this.tags[entry & this.mask], this.owner(entry), this.sequence(entry)])
    }
    this.head = this.tail
    this.outstanding = 0
    for (const [tag, owner, sequence] of all.sort((a, b) => a[0] - b[0])) this.push(tag, owner, sequence)
  }

  /** Tags are not without gaps: deliveries that need no acknowledgement take one, too. */
  private search(tag: number): number {
    let low = this.head
    let high = this.tail - 1
    while (low <= high) {
      const middle = Math.floor((low + high) / 2)
      const found = this.tags[middle & this.mask]
      if (found === tag) return middle
      if (found < tag) low = middle + 1
      else high = middle - 1
    }
    return -1
  }

  private resize(capacity: number): void {
    const { tags, sequences, owners, mask } = this
    this.holds((capacity - mask - 1) * ENTRY_BYTES)
    this.tags = new Float64Array(capacity)
    this.sequences = new Float64Array(capacity)
    this.owners = new Array(capacity).fill(null)
    this.mask = capacity - 1
    for (let i = this.head; i < this.tail; i++) {
      this.tags[i & this.mask] = tags[i & mask]
      this.sequences[i & this.mask] = sequences[i & mask]
      this.owners[i & this.mask] = owners[i & mask]
    }
  }
}
