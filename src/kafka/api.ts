import type { Decoded, Encodable, Message, Range } from '../wire/kafka/schema.ts'
import type { Front } from './front.ts'
import type { Ask } from './security/authorizer.ts'
import type { Login } from './security/login.ts'

/** Who asks, and how to answer: what a handler gets besides the request. */
export interface Call<R extends Message = Message> {
  readonly front: Front
  readonly version: number
  /** Empty if the client gave none. */
  readonly clientId: string
  /** The client's address as Kafka shows it: `/127.0.0.1`. */
  readonly clientHost: string
  /** The address the client reached us at: where it is told to come back to. */
  readonly localHost: string
  readonly localPort: number
  /** Who asks: `User:name`. */
  readonly principal: string
  /** What the client may do; null if there is no authorizer. */
  readonly ask: Ask | null
  /** How the client logs in; null where it need not. */
  readonly login: Login | null
  /** Whether so many bytes of records are more than the client's quota lets it have now: then the answer brings none, and it has to wait. */
  bringsTooMuch(bytes: number): boolean
  /** Done to the answer before it goes out. */
  amend: ((response: Encodable<R>) => Encodable<R>) | null
  /**
   * Answers, once, now or later; a handler that returns without having answered has parked the request, and the connection
   * reads no further until the answer. The answer goes out when the journal is durable up to `position`: the place of the
   * youngest fact that it reveals. Without one, everything that is in the journal now counts; 0 says that nothing is revealed that
   * a power loss could take back.
   */
  reply(response: Encodable<R>, position?: number): void
  /** The request gets no answer (a Produce with acks=0). */
  silence(): void
  /** Ends the connection in place of an answer; the operator is told why. */
  abort(reason: string): void
  /** Whether the request's bytes stay while it is parked: only if it is larger than what the read region keeps. */
  readonly holdsBytes: boolean
  /** A parked handler's last word: called if the connection ends before the answer. */
  onGone: (() => void) | null
  /** Called when the connection ends: what belongs to it, and not to a request. */
  readonly onClosed: Set<() => void>
}

export type Handle<Q extends Message, R extends Message> = (request: Decoded<Q>, call: Call<R>) => void

/** One API: its messages, the versions it is served in, and the function that serves it. The registry of these is the answer to ApiVersions. */
export interface Api {
  readonly key: number
  /** The request's name without `Request`. */
  readonly name: string
  readonly request: Message
  readonly response: Message
  readonly served: Range
  /** What ApiVersions tells: may begin lower than what is served. */
  readonly advertised: Range
  /** It appends to the journal in proportion to its size: it is handled when there is room. */
  readonly writes: boolean
  readonly handle: (request: unknown, call: Call) => void
}

/** A feature (KIP-584) that has to be switched on, and the answer while it is not. */
export interface Needed<Q extends Message, R extends Message> {
  readonly feature: string
  readonly off: (request: Decoded<Q>) => Encodable<R>
}

/** Declares an API served in versions `from` to `to`; `advertisedFrom` where clients look for versions that are not served. */
export function api<Q extends Message, R extends Message>(
  request: Q,
  response: R,
  versions: { from: number; to: number; advertisedFrom?: number; writes?: boolean; needs?: Needed<Q, R> },
  handle: Handle<Q, R>,
): Api {
  const { needs } = versions
  return {
    key: request.key,
    name: request.name.slice(0, -'Request'.length),
    request,
    response,
    served: { from: versions.from, to: versions.to },
    advertised: { from: versions.advertisedFrom ?? versions.from, to: versions.to },
    writes: versions.writes ?? false,
    handle: (needs === undefined ? handle : whileOn(needs, handle)) as Api['handle'],
  }
}

function whileOn<Q extends Message, R extends Message>(
  { feature, off }: Needed<Q, R>,
  handle: Handle<Q, R>,
): Handle<Q, R> {
  return (request, call) => {
    const { features } = call.front.broker
    if (features.level(feature) > 0) handle(request, call)
    else call.reply(off(request), features.position)
  }
}
