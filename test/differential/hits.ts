/** How often each thing was tried: what was hardly tried was not compared. */
export class Hits {
  private readonly counts: Map<string, number>

  /** With what there is to try, so that what was never tried is told, too. */
  constructor(all: readonly string[] = []) {
    this.counts = new Map(all.map((what) => [what, 0]))
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1)
  }

  /** Sorted by name. */
  lines(): string[] {
    return [...this.counts].sort(([x], [y]) => (x < y ? -1 : 1)).map(([what, n]) => `${String(n).padStart(7)} ${what}`)
  }

  /** What was tried fewer than so many times. */
  rare(least: number): string[] {
    return [...this.counts].filter(([, n]) => n < least).map(([what, n]) => `${what}: ${n}`)
  }
}
