import type { Column } from '../std/column.ts'

const SHARDS = 256
const FIRST = 16

/**
 * Finds a body by its position among hundred thousands. Open addressing in shards, each of which grows by itself: none takes long to, as
 * one large table would.
 */
export class BodyTable {
  private readonly positions: Column<Float64Array>
  /** Per shard slots that hold a body's number and one; 0 is free. */
  private readonly shards: Uint32Array[] = []
  private readonly used = new Uint32Array(SHARDS)

  /** `positions` are those of the bodies, by number. */
  constructor(positions: Column<Float64Array>) {
    this.positions = positions
    for (let n = 0; n < SHARDS; n++) this.shards.push(new Uint32Array(FIRST))
  }

  clear(): void {
    for (const slots of this.shards) slots.fill(0)
    this.used.fill(0)
  }

  /** The number of the body at `position`; if there is none it is `body` from now on, and -1 is returned. */
  findOrAdd(position: number, body: number): number {
    const hash = hashOf(position)
    const shard = hash % SHARDS
    if ((this.used[shard]! + 1) * 2 > this.shards[shard]!.length) this.grow(shard)
    const slots = this.shards[shard]!
    const mask = slots.length - 1
    const { values } = this.positions
    for (let at = (hash >>> 8) & mask; ; at = (at + 1) & mask) {
      const found = slots[at]! - 1
      if (found >= 0 && values[found] !== position) continue
      if (found >= 0) return found
      slots[at] = body + 1
      this.used[shard]!++
      return -1
    }
  }

  private grow(shard: number): void {
    const old = this.shards[shard]!
    const slots = new Uint32Array(old.length * 2)
    const mask = slots.length - 1
    for (const body of old) {
      if (body === 0) continue
      let at = (hashOf(this.positions.values[body - 1]!) >>> 8) & mask
      while (slots[at] !== 0) at = (at + 1) & mask
      slots[at] = body
    }
    this.shards[shard] = slots
  }
}

function hashOf(position: number): number {
  const low = position >>> 0
  const high = Math.floor(position / 2 ** 32)
  const mixed = Math.imul(low ^ Math.imul(high, 0x85eb_ca6b), 0x9e37_79b1)
  return (mixed ^ (mixed >>> 15)) >>> 0
}
