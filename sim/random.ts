import type { Random } from '../src/env/random.ts'

/**
 * The one source of every choice in a simulation: the same seed gives the same run. xoshiro128**, seeded by splitmix32,
 * so that neighbouring seeds have nothing in common.
 */
export class Dice implements Random {
  readonly seed: number
  private a: number
  private b: number
  private c: number
  private d: number

  constructor(seed: number) {
    this.seed = seed
    let s = seed | 0
    const split = () => {
      s = (s + 0x9e3779b9) | 0
      let z = s ^ (s >>> 16)
      z = Math.imul(z, 0x21f0aaad)
      z ^= z >>> 15
      z = Math.imul(z, 0x735a2d97)
      return (z ^ (z >>> 15)) | 0
    }
    this.a = split()
    this.b = split()
    this.c = split()
    this.d = split() | 1
  }

  /** 32 random bits. */
  bits(): number {
    const t = this.b << 9
    let r = Math.imul(this.b, 5)
    r = Math.imul((r << 7) | (r >>> 25), 9)
    this.c ^= this.a
    this.d ^= this.b
    this.b ^= this.c
    this.a ^= this.d
    this.c ^= t
    this.d = (this.d << 11) | (this.d >>> 21)
    return r >>> 0
  }

  /** In `[0, 1)`. */
  unit(): number {
    return this.bits() / 2 ** 32
  }

  /** A whole number in `[0, n)`. */
  below(n: number): number {
    return Math.floor(this.unit() * n)
  }

  /** A whole number in `[from, to]`. */
  between(from: number, to: number): number {
    return from + this.below(to - from + 1)
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.unit() < probability
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T
  }

  /** Mostly small, sometimes up to `most`: sizes and delays whose tails matter. */
  skewed(most: number): number {
    return Math.floor(most ** this.unit() + this.unit()) % (most + 1)
  }

  /** A source of its own, for a part whose choices should not shift those of the others. */
  fork(): Dice {
    return new Dice(this.bits() | 0)
  }

  fill(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.bits() & 255
  }
}
