import type { Headers } from '../engine.ts'

/** Who is told of what is sent. */
export interface Tracer {
  /** Around a call that sends or publishes; `headersOf` gives each message its headers. */
  producing<T>(
    operation: 'send' | 'publish',
    destination: string,
    count: number,
    run: (headersOf: () => Headers) => Promise<T>,
  ): Promise<T>
  /** The headers of something that a handler sends. */
  creating(destination: string): Headers
}

const NOTHING: Headers = {}

/** Nobody. */
export const untraced: Tracer = {
  producing: (_operation, _destination, _count, run) => run(() => NOTHING),
  creating: () => NOTHING,
}
