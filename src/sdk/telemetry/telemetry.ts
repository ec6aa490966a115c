import type { Middleware } from '../handling.ts'
import { type Tracer, untraced } from './tracer.ts'

/** Who is told of what is sent and handled. */
export interface Telemetry extends Tracer {
  /** Around every handler. */
  readonly middleware: Middleware
}

/** Nobody. */
export const untold: Telemetry = { ...untraced, middleware: (next) => next }
