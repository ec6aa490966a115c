import { CLUSTER, ResourceType } from '../../core/access/acl.ts'
import { ErrorCode } from '../../wire/kafka/errors.ts'
import type { Decoded, Encodable, Message } from '../../wire/kafka/schema.ts'
import type { Call } from '../api.ts'
import type { Ask } from './authorizer.ts'

/**
 * What an API's guard makes of a request: an answer, where nothing of it is allowed; or what is left for the handler, and what has to be
 * done to the handler's answer, which then tells of the rest.
 */
export type Guarded<Q extends Message, R extends Message> =
  | { readonly answer: Encodable<R> }
  | { readonly abort: string }
  | { readonly pass: Decoded<Q>; readonly amend?: (response: Encodable<R>) => Encodable<R> }

/** Stands before an API's handler, which knows nothing of it. Without an authorizer there are no guards. */
export interface Guard {
  readonly key: number
  readonly check: (request: unknown, ask: Ask, call: Call) => Guarded<Message, Message>
}

export function guard<Q extends Message, R extends Message>(
  request: Q,
  _response: R,
  check: (request: Decoded<Q>, ask: Ask, call: Call) => Guarded<Q, R>,
): Guard {
  return { key: request.key, check: check as unknown as Guard['check'] }
}

/** Everything or nothing: `isAllowed` decides, `refuse` makes the answer. */
export function whole<Q extends Message, R extends Message>(
  request: Q,
  response: R,
  isAllowed: (request: Decoded<Q>, ask: Ask) => boolean,
  refuse: (request: Decoded<Q>, call: Call) => Encodable<R>,
): Guard {
  return guard(request, response, (asked, ask, call) =>
    isAllowed(asked, ask) ? { pass: asked } : { answer: refuse(asked, call) },
  )
}

/** For operations on the cluster. */
export function onCluster(operation: number): (request: unknown, ask: Ask) => boolean {
  return (_request, ask) => mayOnCluster(ask, operation)
}

export function mayOnCluster(ask: Ask, operation: number): boolean {
  return ask.may(operation, ResourceType.cluster, CLUSTER)
}

/** The topic's name, where it is asked for by id from some version on; null if there is no such topic. */
export function topicName(
  call: Call,
  topic: { readonly name: string | null; readonly topicId: string },
): string | null {
  return topic.name !== null && topic.name !== ''
    ? topic.name
    : (call.front.topics.byId.get(topic.topicId)?.name ?? null)
}

/** Those that pass and those that don't. */
export function split<T>(all: readonly T[], passes: (one: T) => boolean): [T[], T[]] {
  const passed: T[] = []
  const refused: T[] = []
  for (const one of all) (passes(one) ? passed : refused).push(one)
  return [passed, refused]
}

export const DENIED = {
  topic: { errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED, errorMessage: 'Topic authorization failed.' },
  group: { errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED, errorMessage: 'Group authorization failed.' },
  cluster: { errorCode: ErrorCode.CLUSTER_AUTHORIZATION_FAILED, errorMessage: 'Cluster authorization failed.' },
  transactionalId: {
    errorCode: ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    errorMessage: 'Transactional Id authorization failed.',
  },
} as const
