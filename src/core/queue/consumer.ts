/** Who takes messages from a queue (`Q`): an AMQP consumer. Volatile: it dies with its channel. */
export interface Consumer<Q> {
  readonly tag: string
  /** Deliveries are settled as they leave. */
  readonly noAck: boolean
  readonly exclusive: boolean
  /** Higher is served first; 0 unless asked for. */
  readonly priority: number
  /** Deliveries that it has not settled. */
  readonly outstanding: number
  /** Whether a delivery may go out now: prefetch not used up, output not backed up, no held reply on the channel. */
  canTake(): boolean
  /**
   * Takes one message. Its bytes, `exchange | routing key | 0xCE | header frame | body frames` (exchange and key as short strings), are at
   * `bytes[at, at + length)` and are copied before the call returns.
   */
  deliver(queue: Q, sequence: number, bytes: Uint8Array, at: number, length: number, redelivered: boolean): void
  /** The queue is gone: tell the client (basic.cancel), forget the consumer. */
  cancelled(): void
}
