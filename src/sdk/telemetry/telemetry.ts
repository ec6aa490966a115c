import type { Middleware } from '../handling.ts'
import { type Tracer, untraced } from './tracer.ts'

/** Who is told of what is sent and handled. */
export interface Telemetry extends Tracer {
  /** Somebody listens. Nothing of the rest is called while nobody does. */
  readonly active: boolean
  /** Around every handler. */
  readonly middleware: Middleware
}

/** Nobody. */
export const untold: Telemetry = { ...untraced, active: false, middleware: (next) => next }
