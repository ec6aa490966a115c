/** The signatures that the broker is written against, until the class stands here. */
export interface Store {
  readonly journal: {
    readonly tail: number
    readonly durable: number
    readonly position: number
    append(type: number, length: number): number
    room(): number
    roomForSettlement(): number
  }
  readonly spill: {
    readonly position: number
    append(length: number): number
    room(): number
  }
  readonly durable: number
  endTurn(sync: boolean): void
  retain(place: number, position: number, length: number): void
  release(place: number, position: number, length: number): void
  /** The arena place of bytes that are in memory, or -1. */
  locate(place: number, position: number, length: number): number
  /** Reads them, and what lies behind them, into memory. */
  load(place: number, position: number, length: number, done: () => void): void
  readAsync(
    place: number,
    position: number,
    into: Uint8Array,
    at: number,
    length: number,
    done: (error: Error | null) => void,
  ): void
  close(done: () => void): void
}
