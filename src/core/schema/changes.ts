/** The most changes that are told: nobody reads more. */
const MAX_CHANGES = 200

/** What changed from one schema to another, in sentences. */
export class Changes {
  readonly told: string[] = []
  private readonly seen = new Map<object, Set<object>>()

  /** Adds a sentence about a place, the whole schema if that is empty. */
  tell(place: string, sentence: string): void {
    if (this.told.length < MAX_CHANGES) this.told.push(`${place === '' ? 'The schema' : place} ${sentence}.`)
  }

  /** Whether a pair comes for the first time: a schema may contain itself. */
  isNew(older: object, newer: object): boolean {
    const known = this.seen.get(older) ?? new Set()
    this.seen.set(older, known)
    if (known.has(newer)) return false
    known.add(newer)
    return true
  }

  /** What is only in one of two lists. */
  difference<T>(older: Iterable<T>, newer: Iterable<T>): { gone: T[]; added: T[] } {
    const [before, after] = [new Set(older), new Set(newer)]
    return {
      gone: [...before].filter((item) => !after.has(item)),
      added: [...after].filter((item) => !before.has(item)),
    }
  }
}
