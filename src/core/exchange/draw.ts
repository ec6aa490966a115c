/** Numbers drawn at random, the same ones for the same seed: what is random about an exchange. */
export class Draw {
  private state: number

  constructor(seed: number) {
    this.state = seed | 0
  }

  /** A whole number from 0 up to, and without, `limit`. */
  below(limit: number): number {
    this.state = (this.state + 0x9e3779b9) | 0
    return Math.floor((mix(this.state) / 2 ** 32) * limit)
  }
}

/** Spreads the differences between two numbers over all 32 bits. */
export function mix(value: number): number {
  let x = value
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}
