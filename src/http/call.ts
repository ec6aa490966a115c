import type { RegistryRefusal } from '../core/subject/refusals.ts'

/** What a client asks for, taken apart. */
export interface Call {
  readonly params: Readonly<Record<string, string | undefined>>
  readonly query: URLSearchParams
  /** JSON; undefined if nothing was sent. */
  readonly body: unknown
  /** The context that names without one are in: `/contexts/NAME/…` says another than the default one. */
  readonly context: string
  /** Whether the client takes fields that it may not know: those that came later are only for such a client. */
  readonly takesUnknown: boolean
  readonly rights: Rights
  /** Answers with that, as JSON; a refusal with its status. Called once. */
  readonly answer: (outcome: unknown) => void
}

/** What the client may do with a subject; with none, a context or everything is meant. */
export interface Rights {
  mayRead(subject: string): boolean
  mayWrite(subject: string): boolean
  mayConfigure(subject: string): boolean
  /** May do what concerns everybody. */
  readonly administrator: boolean
}

/** One verb of one resource. It may throw a refusal. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  run(call: Call): void
}

/** Thrown by what takes a call apart: the client is told. */
export class Refused extends Error {
  override name = 'Refused'
  readonly refusal: RegistryRefusal

  constructor(refusal: RegistryRefusal) {
    super(refusal.message)
    this.refusal = refusal
  }
}
