/** Where a binding leads: a queue or another exchange. */
export interface Destination {
  readonly name: string
  /** The number of the last routing that came by, so that one message comes here once, however many bindings match. */
  routed: number
}

/** Above this many a list looks its destinations up by a map: a scan costs less below. */
const SCAN = 16

/** Destinations, each counted: two bindings to one queue that differ only in their arguments lead there twice. */
export class Destinations {
  /** In no order that anybody may rely on. */
  readonly all: Destination[] = []
  private readonly counts: number[] = []
  private index: Map<Destination, number> | null = null

  add(destination: Destination): void {
    const at = this.find(destination)
    if (at >= 0) {
      this.counts[at]!++
      return
    }
    this.all.push(destination)
    this.counts.push(1)
    if (this.index !== null) this.index.set(destination, this.all.length - 1)
    else if (this.all.length > SCAN) this.index = new Map(this.all.map((one, place) => [one, place]))
  }

  /** Counts one down; nothing happens if it is not here. */
  remove(destination: Destination): void {
    const at = this.find(destination)
    if (at < 0 || --this.counts[at]! > 0) return
    const last = this.all.pop()!
    const count = this.counts.pop()!
    this.index?.delete(destination)
    if (at < this.all.length) {
      this.all[at] = last
      this.counts[at] = count
      this.index?.set(last, at)
    }
  }

  private find(destination: Destination): number {
    return this.index === null ? this.all.indexOf(destination) : (this.index.get(destination) ?? -1)
  }
}
