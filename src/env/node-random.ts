import { randomFillSync } from 'node:crypto'
import type { Random } from './random.ts'

/** The operating system's randomness. */
export class NodeRandom implements Random {
  fill(bytes: Uint8Array): void {
    randomFillSync(bytes)
  }
}
