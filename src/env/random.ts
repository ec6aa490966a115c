/** Randomness: for names and ids that a broker makes. In the simulator it comes from the seed. */
export interface Random {
  /** Fills `bytes` with random bytes. */
  fill(bytes: Uint8Array): void
}
